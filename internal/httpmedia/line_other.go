// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package httpmedia

import (
	"context"
	"net"
	"net/http"
	"os"
	"time"
)

// Listener returns l: here files are copied.
func Listener(l net.Listener) net.Listener { return l }

// ConnContext is for http.Server.ConnContext, see Listener.
func ConnContext(ctx context.Context, _ net.Conn) context.Context { return ctx }

type line struct{}

func lineOf(context.Context) *line { return nil }

func (*line) carries(http.ResponseWriter) bool { return false }

func (*line) send(http.ResponseWriter, *shipment) error { return nil }

// shipment is the bytes of a file that follow a header.
type shipment struct {
	file     *os.File
	at, left int64
	now      func() time.Time
	stall    time.Duration
	told     func(int64) error
	header   string
}
