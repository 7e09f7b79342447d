// SPDX-License-Identifier: Apache-2.0

package s3

// SizeOfParts lets the test see it.
var SizeOfParts = sizeOfParts
