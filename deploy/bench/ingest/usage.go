// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// usage is the processor time that a running server took so far.
type usage struct {
	server   time.Duration // its own process
	tools    time.Duration // what it started and waited for: the engine and other tools in the sandbox
	database time.Duration // its private Postgres
}

func (u usage) sum() time.Duration { return u.server + u.tools + u.database }

func (u usage) since(v usage) usage {
	return usage{u.server - v.server, u.tools - v.tools, u.database - v.database}
}

// tick is the unit of times in /proc (USER_HZ, which Linux shows to all as 100).
const tick = time.Second / 100

// process is what /proc/PID/stat tells (proc(5)).
type process struct {
	name     string
	parent   int
	own, sum time.Duration // sum: with children that it waited for
}

func processes() map[int]process {
	all := map[int]process{}
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			continue // it has ended
		}
		before, after, ok := strings.Cut(string(b), " (")
		end := strings.LastIndex(after, ") ")
		if !ok || end < 0 {
			continue
		}
		f := strings.Fields(after[end+2:])
		if len(f) < 15 {
			continue
		}
		number := func(i int) int { n, _ := strconv.Atoi(f[i]); return n }
		pid, _ := strconv.Atoi(before)
		own := time.Duration(number(11)+number(12)) * tick
		all[pid] = process{after[:end], number(1), own, own + time.Duration(number(13)+number(14))*tick}
	}
	return all
}

// used is what the server took so far.
func (h *house) used() (u usage) {
	all := processes()
	me := all[h.PID()]
	u.server, u.tools = me.own, me.sum-me.own
	for pid, p := range all {
		if p.parent != h.PID() || p.name != "postgres" {
			continue
		}
		u.database += p.sum // with backends that have ended
		for _, backend := range all {
			if backend.parent == pid {
				u.database += backend.own
			}
		}
	}
	return u
}
