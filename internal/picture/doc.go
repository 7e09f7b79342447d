// SPDX-License-Identifier: Apache-2.0

// Package picture makes renditions: small, clean pictures of a large original.
//
// Words: a Recipe says how one rendition looks; a Job is one original with
// the recipes wanted of it; an Engine carries a job out; a Header is what the
// first bytes of a file say of it before anything is decoded.
//
// Two engines obey the same recipes. Builtin is pure Go and always there: the
// server's own executable is started again as "picture-worker" (see
// WorkerMain). Vips is the separate executable tillgang-vips, which loads
// libvips when the machine has it and reads more formats. Choose combines
// them: Builtin is first at JPEGs made of JPEGs, which it decodes straight to
// about the size that is needed (jpegscale) and resizes in their planes
// (planar), Vips at everything else. Both run as child processes through a Run
// given by the house, which is the sandbox: an original is never decoded inside
// the server.
//
// Promises:
//   - Limits are checked on the header, in the parent, before any decoder
//     sees a byte: a picture of 60,000 by 60,000 is refused in microseconds.
//   - An original is decoded once for all of its renditions.
//   - A rendition is upright, in sRGB, 8 bits a channel and carries nothing
//     else: no EXIF, GPS, XMP, IPTC, names, profile or embedded thumbnail.
//   - A rendition is never larger in pixels than its original (pages of
//     documents, which have no pixels, fill the box).
//   - Whatever a child answers is checked as if it were hostile.
//
// Colours are converted after the picture has been made small: the result
// differs by less than a grey level from converting first, at a fraction of
// the cost.
package picture
