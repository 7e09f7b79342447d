// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"image"
	"testing"

	"tillgang/internal/fault"
)

func TestRecipeTextAndAddressAreStable(t *testing.T) {
	t.Parallel()
	r := Box(2048)
	if got, want := r.String(), "v1 inside 2048x2048 auto q82 ffffff"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// Renditions that exist are found by this address: it must never change.
	if got, want := r.ID(), "edc064e5ef"; got[:10] != want {
		t.Errorf("%q, want %q…", got, want)
	}
	same := Recipe{Width: 2048, Height: 2048, Fit: Inside, Format: Auto, Quality: DefaultQuality, Background: "FFFFFF"}
	if same.ID() != r.ID() || Box(1024).ID() == r.ID() {
		t.Error("two recipes share an address, or one has two")
	}
	for _, r := range append(Standard(), Recipe{Width: 9, Height: 7, Fit: Cover, Format: JPEG, Quality: 1, Background: "a0b1c2"}, Recipe{Height: 5}) {
		back, err := ParseRecipe(r.String())
		if err != nil || back.String() != r.String() {
			t.Errorf("%q read as %q: %v", r, back, err)
		}
	}
	for _, s := range []string{"", "v2 inside 1x1 auto q82 ffffff", "v1 inside 01x1 auto q82 ffffff", "v1 inside 0x0 auto q82 ffffff", "v1 inside 1x1 auto q82 fffff", "v1 inside 1x1 tiff q82 ffffff"} {
		if r, err := ParseRecipe(s); err == nil {
			t.Errorf("%q read as %v", s, r)
		}
	}
}

func TestRecipeNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for field, r := range map[string]Recipe{
		"width":      {},
		"height":     {Height: -1, Width: 1},
		"fit":        {Width: 1, Fit: Cover},
		"format":     {Width: 1, Format: "bmp"},
		"quality":    {Width: 1, Quality: 101},
		"background": {Width: 1, Background: "white"},
	} {
		f := fault.As(r.Validate())
		if f.Kind != fault.Invalid || f.Field[field] == "" {
			t.Errorf("%s: %+v", field, f)
		}
	}
}

func TestPlanNeverEnlargesAndRounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		r           Recipe
		w, h        int
		whole, kept image.Point
	}{
		{Box(1024), 6000, 4000, image.Pt(1024, 683), image.Pt(1024, 683)}, // 682.67
		{Box(320), 4000, 6000, image.Pt(213, 320), image.Pt(213, 320)},
		{Box(320), 100, 50, image.Pt(100, 50), image.Pt(100, 50)},
		{Box(320), 5000, 3, image.Pt(320, 1), image.Pt(320, 1)},
		{Box(320), 1, 1, image.Pt(1, 1), image.Pt(1, 1)},
		{Recipe{Width: 300}, 600, 4000, image.Pt(300, 2000), image.Pt(300, 2000)},
		{Recipe{Height: 300}, 600, 4000, image.Pt(45, 300), image.Pt(45, 300)},
		{Recipe{Width: 300, Height: 200, Fit: Cover}, 1000, 1000, image.Pt(300, 300), image.Pt(300, 200)},
		{Recipe{Width: 300, Height: 200, Fit: Cover}, 100, 1000, image.Pt(100, 1000), image.Pt(100, 67)},
		{Recipe{Width: 300, Height: 300, Fit: Cover}, 30, 20, image.Pt(30, 20), image.Pt(20, 20)},
	} {
		whole, keep := c.r.Plan(c.w, c.h, false)
		if whole != c.whole || keep.Size() != c.kept || !keep.In(image.Rectangle{Max: whole}) {
			t.Errorf("%v of %d × %d: %v of %v, want %v of %v", c.r, c.w, c.h, keep, whole, c.kept, c.whole)
		}
	}
	if whole, _ := Box(1024).Plan(595, 842, true); whole != image.Pt(724, 1024) {
		t.Errorf("a page becomes %v", whole)
	}
}
