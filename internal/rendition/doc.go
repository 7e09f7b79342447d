// SPDX-License-Identifier: Apache-2.0

// Package rendition makes and keeps the pictures that are shown of assets.
//
// Words: a rendition is a derived picture (or document page) of a revision,
// made by a preset; a preset is a named recipe. A likeness is a number that says
// what a picture looks like; pictures that look the same are a family.
//
// Promises: a rendition is addressed by its revision and the recipe it was made
// by, and is immutable. One decode serves all presets. Making the same ones
// twice, also at the same time, leaves one of each. The process may be killed
// at any instant: no rendition is named whose bytes are not whole, and no bytes
// stay behind that nothing names.
//
// Order: bytes before row when storing, row before bytes when destroying.
//
// Tables: rendition, likeness.
package rendition
