// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package blobtest

import (
	"errors"
	"syscall"
)

func dieWithParent() *syscall.SysProcAttr { return nil }

func setAttribute(string) error { return errors.ErrUnsupported }
