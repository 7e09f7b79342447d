// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"syscall"
	"time"
)

// report is what holds on this machine, found out by trying it.
type report struct {
	Root       bool   `json:"-"` // the server is root
	Namespaces bool   `json:"-"`
	NotSpaces  string `json:"-"`

	Landlock    int    `json:"landlock"` // the kernel's ABI; 0: none
	NotLandlock string `json:"not_landlock,omitempty"`
	Seccomp     bool   `json:"seccomp"`
	NotSeccomp  string `json:"not_seccomp,omitempty"`
	UID         int    `json:"uid"`

	err error // nothing could be started at all
}

// enough is nil when the walls that hold keep the package's promises.
func (r report) enough() error {
	switch {
	case r.err != nil:
		return fmt.Errorf("sandbox: cannot start tools on this machine: %w", r.err)
	case r.Root && r.UID == 0:
		return errors.New("sandbox: the server is root and cannot start tools as another user; start it as an ordinary user")
	case isolates && !r.Namespaces && !r.Seccomp:
		return errors.New("sandbox: this kernel offers neither namespaces nor seccomp, so tools could reach the network")
	}
	return nil
}

// abilities tries the walls once, with namespaces and, if those are refused, without.
func (s *Sandbox) abilities() report {
	s.probing.Do(func() {
		with, err := s.probe(true)
		if err == nil {
			s.ability = with
			return
		}
		without, err2 := s.probe(false)
		without.NotSpaces, without.err = err.Error(), err2
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EPERM) {
			without.NotSpaces = "forbidden by user.max_user_namespaces or by the container"
		}
		s.ability = without
		s.log.Warn("tools run without some walls; tillgang doctor says which", slog.Any("error", err))
	})
	return s.ability
}

func (s *Sandbox) probe(namespaces bool) (report, error) {
	r := report{Root: asRoot(), Namespaces: namespaces && isolates}
	if namespaces && !isolates {
		return r, errors.New("this operating system has none")
	}
	// Not the caller's context: the answer is for everybody who asks later.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second) //nolint:forbidigo // as said
	defer cancel()
	l := Limits{}.withDefaults()
	dir := "/" // a report writes nothing
	o := order{Dir: dir, OwnPIDs: namespaces}
	o.limits(l)
	res, err := s.start(ctx, Task{Dir: dir}, o, l, namespaces)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(res.Stdout, &r)
}

// Layers says which walls hold on this machine, found out by trying them once.
func (s *Sandbox) Layers() []Layer {
	r := s.abilities()
	if r.err != nil {
		return []Layer{{"start", false, "Tools cannot be started at all: " + r.err.Error()}}
	}
	pick := func(name string, on bool, yes, no string) Layer {
		if on {
			return Layer{name, true, yes}
		}
		return Layer{name, false, no}
	}
	identity := Layer{"identity", false, "Tools run as the server's own user; the other walls keep its files from them."}
	if r.Root {
		identity = pick("identity", r.UID != 0, "Tools run as the user nobody.", "The server is root and so would tools be; none are started.")
	} else if r.Landlock > 0 {
		identity.On = true
	}
	return []Layer{
		identity,
		pick("namespaces", r.Namespaces, "Tools have no network, see no other process, and all they start ends with them.",
			"There are no namespaces ("+r.NotSpaces+"); only seccomp closes the network."),
		pick("landlock", r.Landlock > 0, fmt.Sprintf("Tools reach only their own folder and system libraries (ABI %d).", r.Landlock),
			"There is no Landlock ("+r.NotLandlock+"); tools can read what their user can read. Linux 5.13 or later has it."),
		pick("seccomp", r.Seccomp, "Sockets, tracing, mounting and other system calls no converter needs are refused.",
			"System calls are not filtered: "+r.NotSeccomp+"."),
		pick("limits", isolates, "Memory, time, file size and number of processes are bounded.",
			"Only the time on the clock is bounded on this operating system."),
	}
}
