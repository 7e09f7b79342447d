// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"unsafe"
)

// arg is one named argument of an operation: an image, a source, bytes, or
// text that libvips turns into what the argument is.
type arg struct {
	name   string
	text   string
	object object
	source bool
	bytes  []byte
}

func text(name, value string) arg        { return arg{name: name, text: value} }
func number(name string, value int) arg  { return arg{name: name, text: strconv.Itoa(value)} }
func image(name string, im object) arg   { return arg{name: name, object: im} }
func source(name string, src object) arg { return arg{name: name, object: src, source: true} }
func yes(name string) arg                { return arg{name: name, text: "true"} }

// vipsError is a failure inside libvips: its words are for the log.
type vipsError struct{ operation, text string }

func (e *vipsError) Error() string {
	return fmt.Sprintf("tillgang-vips: %s: %s", e.operation, e.text)
}

// call runs an operation. With out set it returns the image that results,
// which the caller must unref.
func (v *library) call(nickname, out string, args ...arg) (object, error) {
	failed := func() (object, error) { return 0, &vipsError{nickname, v.complaint()} }
	op := v.operationNew(nickname)
	if op == 0 {
		return failed()
	}
	for _, a := range args {
		if a.bytes != nil {
			v.setBytes(op, a)
			continue
		}
		if a.object != 0 {
			v.setObject(op, a)
			continue
		}
		if v.setFromString(op, a.name, a.text) != 0 {
			v.unref(op)
			return failed()
		}
	}
	built := v.operationBuild(op)
	v.unref(op)
	if built == 0 {
		return failed()
	}
	var result object
	if out != "" {
		var value gvalue
		v.valueInit(&value, v.imageType())
		v.getProperty(built, out, &value)
		result = v.valueGet(&value)
		v.valueUnset(&value)
	}
	v.unrefOutputs(built)
	v.unref(built)
	if out != "" && result == 0 {
		return failed()
	}
	return result, nil
}

func (v *library) setObject(op object, a arg) {
	kind := v.imageType()
	if a.source {
		kind = v.sourceType()
	}
	var value gvalue
	v.valueInit(&value, kind)
	v.valueObject(&value, a.object)
	v.setProperty(op, a.name, &value)
	v.valueUnset(&value)
}

func (v *library) setBytes(op object, a arg) {
	blob := v.blobCopy(&a.bytes[0], uintptr(len(a.bytes)))
	var value gvalue
	v.valueInit(&value, v.blobType())
	v.valueBoxed(&value, blob)
	v.setProperty(op, a.name, &value)
	v.valueUnset(&value)
	v.blobUnref(blob)
}

// replace calls an operation on *im and puts the result in its place. *im
// stays what it was when there is an error.
func (v *library) replace(im *object, nickname string, args ...arg) error {
	name := "in"
	if nickname == "extract_area" {
		name = "input"
	}
	next, err := v.call(nickname, "out", append([]arg{image(name, *im)}, args...)...)
	if err != nil {
		return err
	}
	v.unref(*im)
	*im = next
	return nil
}

// settle computes *im into memory, once, so that it can be used many times.
func (v *library) settle(im *object) error {
	next := v.copyMemory(*im)
	if next == 0 {
		return &vipsError{"copy_memory", v.complaint()}
	}
	v.unref(*im)
	*im = next
	return nil
}

// bare takes all metadata off a settled image. Savers are told to strip as
// well, but that of WebP does not in 8.14.
func (v *library) bare(im object) {
	list := v.fields(im)
	if list == 0 {
		return
	}
	defer v.freeStrings(list)
	for at := list; ; at += unsafe.Sizeof(at) { // a list that C ends with a 0
		name := *(**byte)(pointer(at))
		if name == nil {
			return
		}
		v.remove(im, text0(name)) // refuses what is part of the image itself
	}
}

// text0 copies a C string.
func text0(p *byte) string {
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(p, n))
}

// pointer turns an address in C's memory into a pointer; the garbage collector
// knows nothing of it.
func pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }

// pixels returns the bytes of a settled image of 8 bits a band. They are C's,
// and are valid while im is.
func (v *library) pixels(im object) []byte {
	n := int(v.width(im)) * int(v.height(im)) * int(v.bands(im))
	p := v.data(im)
	if p == 0 || v.format(im) != formatUchar {
		return nil
	}
	return unsafe.Slice((*byte)(pointer(p)), n)
}

// blob returns a copy of a piece of metadata, at most most bytes; nil without it.
func (v *library) blob(im object, name string, most int) []byte {
	if v.metaType(im, name) == 0 {
		return nil
	}
	var p, n uintptr
	if v.metaBlob(im, name, &p, &n) != 0 || p == 0 || n > uintptr(most) {
		v.errorClear()
		return nil
	}
	return append([]byte(nil), unsafe.Slice((*byte)(pointer(p)), int(n))...)
}
