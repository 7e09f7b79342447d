// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"slices"
	"strings"
)

// extensions lists, for each media type, the extensions that tell the truth
// about it; the first is given to names that have none of them. A type that
// is missing here leaves the name's own extension alone, unless systems run it.
var extensions = map[string][]string{
	"image/jpeg": {"jpg", "jpeg", "jpe", "jfif"}, "image/png": {"png"}, "image/gif": {"gif"}, "image/webp": {"webp"},
	"image/tiff": {"tif", "tiff", "dng", "nef", "cr2", "arw", "pef", "srw", "3fr", "orf", "rw2", "rwl", "iiq", "nrw", "kdc", "dcr", "mos", "mef", "erf"}, "image/bmp": {"bmp", "dib"}, "image/avif": {"avif"},
	"image/heic": {"heic", "heif", "hif"}, "image/heif": {"heif", "heic", "hif"}, "image/jxl": {"jxl"}, "image/jp2": {"jp2", "j2k"},
	"image/svg+xml": {"svg"}, "image/svg+xml-compressed": {"svgz"}, "image/x-icon": {"ico"}, "image/vnd.adobe.photoshop": {"psd", "psb"}, "image/x-canon-cr2": {"cr2"},
	"image/x-canon-cr3": {"cr3"}, "image/x-nikon-nef": {"nef"}, "image/x-sony-arw": {"arw"}, "image/x-adobe-dng": {"dng"},
	"application/pdf": {"pdf", "ai"}, "application/postscript": {"ps", "eps", "ai"}, "application/illustrator": {"ai"},
	"application/x-indesign": {"indd"}, "application/rtf": {"rtf"}, "text/rtf": {"rtf"}, "application/epub+zip": {"epub"},
	"application/msword": {"doc", "dot"}, "application/vnd.ms-excel": {"xls", "xlt"}, "application/vnd.ms-powerpoint": {"ppt", "pps", "pot"},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   {"docx", "docm", "dotx"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         {"xlsx", "xlsm", "xltx"},
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": {"pptx", "pptm", "ppsx", "potx"},
	"application/vnd.oasis.opendocument.text":                                   {"odt"}, "application/vnd.oasis.opendocument.spreadsheet": {"ods"},
	"application/vnd.oasis.opendocument.presentation": {"odp"}, "application/vnd.oasis.opendocument.graphics": {"odg"},
	"video/mp4": {"mp4", "m4v"}, "video/quicktime": {"mov", "qt"}, "video/x-m4v": {"m4v", "mp4"}, "video/webm": {"webm"},
	"video/x-matroska": {"mkv"}, "video/x-msvideo": {"avi"}, "video/mpeg": {"mpg", "mpeg"}, "video/mp2t": {"ts", "mts", "m2ts"},
	"video/3gpp": {"3gp"}, "video/x-ms-wmv": {"wmv"}, "video/ogg": {"ogv"}, "application/mxf": {"mxf"},
	"audio/mpeg": {"mp3", "mp2"}, "audio/wav": {"wav"}, "audio/x-wav": {"wav"}, "audio/aac": {"aac"}, "audio/mp4": {"m4a"}, "audio/x-m4a": {"m4a"},
	"audio/flac": {"flac"}, "audio/ogg": {"ogg", "oga", "opus"}, "audio/aiff": {"aif", "aiff"}, "audio/midi": {"mid", "midi"}, "audio/amr": {"amr"},
	"application/ogg": {"ogg", "oga", "ogv", "opus"},
	"application/zip": {"zip", "idml", "sketch", "kmz", "xd", "fig", "key", "pages", "numbers", "usdz", "3mf", "cbz"}, "application/gzip": {"gz", "tgz"}, "application/x-tar": {"tar"}, "application/x-7z-compressed": {"7z"},
	"application/x-rar-compressed": {"rar"}, "application/vnd.rar": {"rar"}, "application/x-bzip2": {"bz2"}, "application/x-xz": {"xz"}, "application/zstd": {"zst"},
	"font/ttf": {"ttf"}, "font/otf": {"otf"}, "font/woff": {"woff"}, "font/woff2": {"woff2"}, "font/collection": {"ttc"},
	"text/plain": {"txt", "md", "log", "csv", "tsv", "srt", "vtt", "yaml", "yml", "ini", "json", "tex"}, "text/csv": {"csv"},
	"text/tab-separated-values": {"tsv"}, "text/vtt": {"vtt"}, "application/x-subrip": {"srt"}, "application/json": {"json", "geojson"},
	"text/html": {"html", "htm"}, "application/xhtml+xml": {"xhtml"}, "text/xml": {"xml"}, "application/xml": {"xml"}, "text/css": {"css"},
	"application/rdf+xml": {"xmp", "rdf"}, "text/javascript": {"js", "mjs"}, "application/javascript": {"js", "mjs"}, "application/wasm": {"wasm"}, "application/java-archive": {"jar"},
	"application/vnd.microsoft.portable-executable": {"exe", "dll", "scr"}, "application/x-elf": {"elf"}, "application/x-msi": {"msi"},
}

// active are extensions of what systems run or render with scripts.
var active = []string{
	"html", "htm", "xhtml", "shtml", "mht", "mhtml", "svg", "svgz", "xml", "js", "mjs", "jse", "jar", "exe", "dll", "scr", "msi", "bat", "cmd", "com",
	"ps1", "vbs", "vbe", "wsf", "wsh", "hta", "lnk", "pif", "reg", "sh", "command", "desktop", "url", "cpl", "msc", "php", "py", "pl", "scpt", "iso", "img",
}

// claimed reports whether an extension says that the file is of a type that
// its bytes would show, or one that systems run.
func claimed(ext string) bool {
	ext = strings.ToLower(ext)
	if slices.Contains(active, ext) {
		return true
	}
	for _, list := range extensions {
		if slices.Contains(list, ext) {
			return true
		}
	}
	return false
}
