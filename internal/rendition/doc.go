// SPDX-License-Identifier: Apache-2.0

// Package rendition makes and keeps the pictures that are shown of assets.
//
// Words: a rendition is a derived picture (or document page) of a revision,
// made by a preset; a preset is a named recipe. A likeness is a number that says
// what a picture looks like; pictures that look the same are a family.
//
// A framing says how a revision is turned and cropped, and around which point:
// a recipe, the original is never touched. It belongs to a revision, and the next
// one of the same proportions takes it over. A rendition on demand is made when
// it is first asked for: once, however many ask on however many nodes, and
// bounded in number; a claim is a row that says which node makes it.
//
// Promises: what a preset with a watermark makes has it, or is not made. A
// changed preset, framing or imprinted statement makes new renditions; the old
// ones are shown until then, and their bytes stay for as long as tickets last.
//
// Promises of all: a rendition is addressed by its revision and the recipe it was made
// by, and is immutable. One decode serves all presets. Making the same ones
// twice, also at the same time, leaves one of each. The process may be killed
// at any instant: no rendition is named whose bytes are not whole, and no bytes
// stay behind that nothing names.
//
// Order: bytes before row when storing, row before bytes when destroying.
//
// Tables: rendition, likeness, preset, framing, rendition_claim.
package rendition
