// SPDX-License-Identifier: Apache-2.0

package account_test

import "testing"

func BenchmarkActorBySession(b *testing.B) {
	w := start(b)
	in := w.enrol(ann, "editor")
	for b.Loop() {
		ok(w.ActorBySession(b.Context(), in.Token))(b)
	}
}
