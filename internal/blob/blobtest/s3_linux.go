// SPDX-License-Identifier: Apache-2.0

package blobtest

import "syscall"

// dieWithParent has the kernel kill the server if the test binary dies.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

func setAttribute(path string) error { return syscall.Setxattr(path, "user.tillgang", []byte("x"), 0) }
