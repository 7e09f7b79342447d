// SPDX-License-Identifier: Apache-2.0

package rendition

import "tillgang/internal/picture"

// Preset is a named recipe.
type Preset struct {
	Name   string
	Recipe picture.Recipe
}

// Names of the presets that every picture gets.
const (
	Small  = "small"  // within 320 px: grids
	Medium = "medium" // within 1024 px: one asset on a page
	Large  = "large"  // within 2048 px: a whole screen
)

// Presets lists the presets that every picture gets, smallest first.
func Presets() []Preset {
	return []Preset{{Small, picture.Box(320)}, {Medium, picture.Box(1024)}, {Large, picture.Box(2048)}}
}
