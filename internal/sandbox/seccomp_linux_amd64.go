// SPDX-License-Identifier: Apache-2.0

package sandbox

import "golang.org/x/sys/unix"

const (
	auditArch   = unix.AUDIT_ARCH_X86_64
	foreignFrom = 0x40000000 // x32 calls: the same architecture with bit 30 set
)
