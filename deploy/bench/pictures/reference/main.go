// SPDX-License-Identifier: Apache-2.0

// Command reference is what the picture worker is measured against: libvips
// called in one process, one decode for three renditions, nothing around it.
// No sandbox, no checks, no reply, no metadata taken off beyond "strip".
//
//	reference [-n TIMES] IN OUTDIR
package main

import (
	"flag"
	"fmt"
	"os"
	"unsafe"

	"github.com/ebitengine/purego"
)

type vips struct {
	start       func(argv0 string) int32
	errors      func() string
	concurrency func(int32)
	cache       func(int32)
	// Variable arguments in C: names and values up to a 0. Integers and
	// pointers travel like named ones on the processors this runs on.
	thumbnail      func(file string, out *uintptr, width int32, name string, height int32, name2 string, size int32, end uintptr) int32
	thumbnailImage func(in uintptr, out *uintptr, width int32, name string, height int32, name2 string, size int32, end uintptr) int32
	copyMemory     func(in uintptr) uintptr
	save           func(in uintptr, suffix string, data *uintptr, n *uint64, end uintptr) int32
	unref          func(uintptr)
	free           func(uintptr)
}

func main() {
	times := flag.Int("n", 1, "how many times to make the renditions")
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*times, flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func run(times int, in, dir string) error {
	lib, err := purego.Dlopen("libvips.so.42", purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return err
	}
	v := &vips{}
	for name, fn := range map[string]any{
		"vips_init": &v.start, "vips_error_buffer": &v.errors, "vips_concurrency_set": &v.concurrency, "vips_cache_set_max": &v.cache,
		"vips_thumbnail": &v.thumbnail, "vips_thumbnail_image": &v.thumbnailImage, "vips_image_copy_memory": &v.copyMemory,
		"vips_image_write_to_buffer": &v.save, "g_object_unref": &v.unref, "g_free": &v.free,
	} {
		purego.RegisterLibFunc(fn, lib, name)
	}
	if v.start("reference") != 0 {
		return fmt.Errorf("libvips does not start: %s", v.errors())
	}
	v.concurrency(1)
	v.cache(0)
	for range times {
		if err := v.three(in, dir); err != nil {
			return fmt.Errorf("%w: %s", err, v.errors())
		}
	}
	return nil
}

func (v *vips) three(in, dir string) error {
	const down = 2 // VIPS_SIZE_DOWN
	var last uintptr
	for _, side := range []int32{2048, 1024, 320} {
		var small uintptr
		var failed int32
		if last == 0 {
			failed = v.thumbnail(in, &small, side, "height", side, "size", down, 0)
		} else {
			failed = v.thumbnailImage(last, &small, side, "height", side, "size", down, 0)
		}
		if failed != 0 {
			return fmt.Errorf("thumbnail of %d", side)
		}
		settled := v.copyMemory(small)
		v.unref(small)
		if settled == 0 {
			return fmt.Errorf("decode for %d", side)
		}
		var data uintptr
		var n uint64
		if v.save(settled, ".jpg[Q=82,strip]", &data, &n, 0) != 0 {
			return fmt.Errorf("encode %d", side)
		}
		b := unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&data))), n)
		err := os.WriteFile(fmt.Sprintf("%s/%d.jpg", dir, side), b, 0o644)
		v.free(data)
		if last != 0 {
			v.unref(last)
		}
		last = settled
		if err != nil {
			return err
		}
	}
	v.unref(last)
	return nil
}
