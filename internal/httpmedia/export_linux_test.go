// SPDX-License-Identifier: Apache-2.0

package httpmedia

import (
	"net"
	"sync/atomic"
)

// Counted is Listener that counts the bytes which leave from the kernel.
func Counted(l net.Listener, sent *atomic.Int64) net.Listener { return lines{l, sent} }
