// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ebitengine/purego"

	"tillgang/internal/picture"
)

// library is the machine's libvips. All calls avoid C's variable arguments,
// whose calling convention differs between processors, except three that pass
// none.
type library struct {
	handle uintptr

	version        func(part int32) int32
	errorBuffer    func() string
	errorClear     func()
	typeFind       func(base, nickname string) uintptr
	blockUntrusted func(state int32)
	block          func(class string, state int32)

	operationNew   func(nickname string) object
	operationBuild func(operation object) object
	setFromString  func(object object, name, value string) int32
	unrefOutputs   func(operation object)

	sourceNew     func(path string) object
	findLoad      func(source object) string
	newFromSource func(source object, options string, end uintptr) object

	imageType   func() uintptr
	sourceType  func() uintptr
	width       func(image object) int32
	height      func(image object) int32
	bands       func(image object) int32
	format      func(image object) int32
	interpret   func(image object) int32
	hasAlpha    func(image object) int32
	pages       func(image object) int32
	copyMemory  func(image object) object
	data        func(image object) uintptr
	fromMemory  func(data *byte, size uintptr, width, height, bands, format int32) object
	metaType    func(image object, name string) uintptr
	metaInt     func(image object, name string, out *int32) int32
	metaBlob    func(image object, name string, data *uintptr, size *uintptr) int32
	setMetaInt  func(image object, name string, value int32)
	fields      func(image object) uintptr
	remove      func(image object, name string) int32
	freeStrings func(list uintptr)
	blobType    func() uintptr
	blobCopy    func(data *byte, size uintptr) object
	blobUnref   func(blob object)
	valueBoxed  func(value *gvalue, boxed object)

	valueInit   func(value *gvalue, kind uintptr) uintptr
	valueObject func(value *gvalue, object object)
	valueGet    func(value *gvalue) object
	valueUnset  func(value *gvalue)
	setProperty func(object object, name string, value *gvalue)
	getProperty func(object object, name string, value *gvalue)
	unref       func(object object)
	ref         func(object object) object
}

// object is a pointer to a GObject that C owns.
type object uintptr

// gvalue is GLib's GValue: a type and two words.
type gvalue [3]uint64

// errMissing is wrapped by what load returns.
var errMissing = errors.New("libvips is not there")

func isMissing(err error) bool { return errors.Is(err, errMissing) }

// load opens and starts libvips. Without modules, only the loaders built into
// the library itself exist, which halves the time to start and keeps
// ImageMagick, poppler and others out of the process.
func load(modules bool) (v *library, err error) {
	v = &library{}
	for _, name := range []string{"libvips.so.42", "libvips.42.dylib"} {
		if v.handle, err = purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_GLOBAL); err == nil {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("tillgang-vips: %w: install it (Debian: apt-get install libvips42) or go on with the built-in engine: %w", errMissing, err)
	}
	defer func() {
		if p := recover(); p != nil { // purego panics on a function that is missing
			v, err = nil, fmt.Errorf("tillgang-vips: %w in a version that can be used; 8.13 or later is needed: %v", errMissing, p)
		}
	}()
	v.bind()
	if !modules {
		// libvips looks for its modules below VIPSHOME, and there are none.
		// Go's own environment is not C's.
		var setenv func(name, value string, overwrite int32) int32
		purego.RegisterLibFunc(&setenv, v.handle, "setenv")
		setenv("VIPSHOME", "/nonexistent", 1)
	}
	var start func(argv0 string) int32
	var concurrency, cache func(int32)
	purego.RegisterLibFunc(&start, v.handle, "vips_init")
	purego.RegisterLibFunc(&concurrency, v.handle, "vips_concurrency_set")
	purego.RegisterLibFunc(&cache, v.handle, "vips_cache_set_max")
	if start("tillgang-vips") != 0 {
		return nil, fmt.Errorf("tillgang-vips: %w: it does not start: %s", errMissing, v.complaint())
	}
	concurrency(1)
	cache(0)
	return v, nil
}

func (v *library) bind() {
	for name, fn := range map[string]any{
		"vips_version":                         &v.version,
		"vips_error_buffer":                    &v.errorBuffer,
		"vips_error_clear":                     &v.errorClear,
		"vips_type_find":                       &v.typeFind,
		"vips_block_untrusted_set":             &v.blockUntrusted,
		"vips_operation_block_set":             &v.block,
		"vips_operation_new":                   &v.operationNew,
		"vips_cache_operation_build":           &v.operationBuild,
		"vips_object_set_argument_from_string": &v.setFromString,
		"vips_object_unref_outputs":            &v.unrefOutputs,
		"vips_source_new_from_file":            &v.sourceNew,
		"vips_foreign_find_load_source":        &v.findLoad,
		"vips_image_new_from_source":           &v.newFromSource,
		"vips_image_get_type":                  &v.imageType,
		"vips_source_get_type":                 &v.sourceType,
		"vips_image_get_width":                 &v.width,
		"vips_image_get_height":                &v.height,
		"vips_image_get_bands":                 &v.bands,
		"vips_image_get_format":                &v.format,
		"vips_image_get_interpretation":        &v.interpret,
		"vips_image_hasalpha":                  &v.hasAlpha,
		"vips_image_get_n_pages":               &v.pages,
		"vips_image_copy_memory":               &v.copyMemory,
		"vips_image_get_data":                  &v.data,
		"vips_image_new_from_memory_copy":      &v.fromMemory,
		"vips_image_get_typeof":                &v.metaType,
		"vips_image_get_int":                   &v.metaInt,
		"vips_image_get_blob":                  &v.metaBlob,
		"vips_image_set_int":                   &v.setMetaInt,
		"vips_image_get_fields":                &v.fields,
		"vips_image_remove":                    &v.remove,
		"g_strfreev":                           &v.freeStrings,
		"vips_blob_get_type":                   &v.blobType,
		"vips_blob_copy":                       &v.blobCopy,
		"vips_area_unref":                      &v.blobUnref,
		"g_value_set_boxed":                    &v.valueBoxed,
		"g_value_init":                         &v.valueInit,
		"g_value_set_object":                   &v.valueObject,
		"g_value_dup_object":                   &v.valueGet,
		"g_value_unset":                        &v.valueUnset,
		"g_object_set_property":                &v.setProperty,
		"g_object_get_property":                &v.getProperty,
		"g_object_unref":                       &v.unref,
		"g_object_ref":                         &v.ref,
	} {
		purego.RegisterLibFunc(fn, v.handle, name)
	}
}

// complaint returns what libvips has to say of the last failure, for the log,
// and forgets it.
func (v *library) complaint() string {
	s := strings.TrimSpace(v.errorBuffer())
	v.errorClear()
	if len(s) > 1500 {
		s = s[:1500]
	}
	return strings.ReplaceAll(s, "\n", "; ")
}

// loader says how one media type is read.
type loader struct {
	class  string // of libvips; its descendants read files, buffers and sources
	find   string // nickname that exists when the machine can read it
	module bool   // may lie in a module
	vector bool   // has no pixels of its own
	buffer string // nickname, when the machine's library reads it from memory only
}

// loaders are the only ones ever allowed, one at a time. PSD is read by
// ImageMagick, PDF by poppler and SVG by librsvg: all are held to be unsafe by
// libvips, and are let in for a file whose first bytes are of that type, in the sandbox.
var loaders = map[string]loader{
	picture.TypeJPEG: {class: "VipsForeignLoadJpeg", find: "jpegload_source"},
	picture.TypePNG:  {class: "VipsForeignLoadPng", find: "pngload_source"},
	picture.TypeGIF:  {class: "VipsForeignLoadNsgif", find: "gifload_source"},
	picture.TypeWebP: {class: "VipsForeignLoadWebp", find: "webpload_source"},
	picture.TypeTIFF: {class: "VipsForeignLoadTiff", find: "tiffload_source"},
	picture.TypeHEIC: {class: "VipsForeignLoadHeif", find: "heifload_source", module: true},
	picture.TypeAVIF: {class: "VipsForeignLoadHeif", find: "heifload_source", module: true},
	picture.TypeJXL:  {class: "VipsForeignLoadJxl", find: "jxlload_source", module: true},
	picture.TypeJP2:  {class: "VipsForeignLoadJp2k", find: "jp2kload_source"},
	picture.TypeSVG:  {class: "VipsForeignLoadSvg", find: "svgload_source", vector: true},
	picture.TypePDF:  {class: "VipsForeignLoadPdf", find: "pdfload_source", module: true, vector: true},
	picture.TypePSD:  {class: "VipsForeignLoadMagick", find: "magickload_buffer", module: true, buffer: "magickload_buffer"},
}

// only blocks every loader but the given one.
func (v *library) only(l loader) {
	v.block("VipsForeignLoad", 1)
	v.blockUntrusted(1)
	v.block(l.class, 0)
}

func (v *library) abilities() picture.Abilities {
	a := picture.Abilities{Version: fmt.Sprintf("%d.%d.%d", v.version(0), v.version(1), v.version(2))}
	for _, mediaType := range []string{
		picture.TypeJPEG, picture.TypePNG, picture.TypeGIF, picture.TypeWebP, picture.TypeTIFF,
		picture.TypeHEIC, picture.TypeAVIF, picture.TypeJXL, picture.TypeJP2, picture.TypePSD, picture.TypeSVG, picture.TypePDF,
	} {
		if v.typeFind("VipsOperation", loaders[mediaType].find) != 0 {
			a.Reads = append(a.Reads, mediaType)
		}
	}
	for nickname, mediaType := range map[string]string{"jpegsave": picture.TypeJPEG, "pngsave": picture.TypePNG, "webpsave": picture.TypeWebP, "heifsave": picture.TypeAVIF} {
		if v.typeFind("VipsOperation", nickname) != 0 {
			a.Writes = append(a.Writes, mediaType)
		}
	}
	return a
}
