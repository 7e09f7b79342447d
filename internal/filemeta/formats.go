// SPDX-License-Identifier: Apache-2.0

package filemeta

import "strings"

// format is one that extensions claim.
type format struct {
	media string
	kind  Kind
	name  string // for people, with an article
	exts  string // separated by spaces, without dots
	holds string // further media types the content may show as, separated by spaces
	open  bool   // content that nothing is known of agrees too: it has no sure signature
	text  bool   // any text agrees
}

const zipped = "application/zip "

// formats is the product's own list. The first format with an extension or a
// media type owns it.
var formats = []format{
	{"image/jpeg", Image, "a JPEG picture", "jpg jpeg jpe jfif", "", false, false},
	{"image/png", Image, "a PNG picture", "png apng", "image/apng", false, false},
	{"image/gif", Image, "a GIF picture", "gif", "", false, false},
	{"image/webp", Image, "a WebP picture", "webp", "", false, false},
	{"image/tiff", Image, "a TIFF picture", "tif tiff", "image/x-canon-cr2", false, false},
	{"image/heic", Image, "a HEIC picture", "heic heif hif", "image/heif image/heic-sequence image/heif-sequence", false, false},
	{"image/avif", Image, "an AVIF picture", "avif", "", false, false},
	{"image/jxl", Image, "a JPEG XL picture", "jxl", "", false, false},
	{"image/jp2", Image, "a JPEG 2000 picture", "jp2 jpx jpf jpm j2k j2c jpc", "image/jpx image/jpm", false, false},
	{"image/bmp", Image, "a BMP picture", "bmp dib", "", false, false},
	{"image/x-icon", Image, "an icon", "ico", "", false, false},
	{"image/x-eps", Image, "an EPS drawing", "eps epsf epsi", "application/postscript", false, false},
	{"image/vnd.adobe.photoshop", Image, "a Photoshop document", "psd psb", "", false, false},
	{"image/svg+xml", Image, "an SVG drawing", "svg", "text/xml application/xml", false, false},
	{SVGZ, Image, "a compressed SVG drawing", "svgz", "", false, false},
	{"image/x-adobe-dng", Image, "a raw picture", "dng", "image/tiff", false, false},
	{"image/x-canon-cr3", Image, "a raw picture", "cr3", "", false, false},
	{"image/x-canon-cr2", Image, "a raw picture", "cr2", "image/tiff", true, false},
	{"image/x-nikon-nef", Image, "a raw picture", "nef nrw", "image/tiff", true, false},
	{"image/x-sony-arw", Image, "a raw picture", "arw sr2", "image/tiff", true, false},
	{"image/x-pentax-pef", Image, "a raw picture", "pef", "image/tiff", true, false},
	{"image/x-olympus-orf", Image, "a raw picture", "orf", "image/tiff", true, false},
	{"image/x-panasonic-rw2", Image, "a raw picture", "rw2 rwl", "image/tiff", true, false},
	{"image/x-fuji-raf", Image, "a raw picture", "raf", "", true, false},
	{"image/x-samsung-srw", Image, "a raw picture", "srw", "image/tiff", true, false},
	{"image/x-kodak-dcr", Image, "a raw picture", "dcr", "image/tiff", true, false},
	{"image/x-kodak-kdc", Image, "a raw picture", "kdc", "image/tiff", true, false},
	{"image/x-hasselblad-3fr", Image, "a raw picture", "3fr fff", "image/tiff", true, false},
	{"image/x-epson-erf", Image, "a raw picture", "erf", "image/tiff", true, false},
	{"image/x-mamiya-mef", Image, "a raw picture", "mef", "image/tiff", true, false},
	{"image/x-leaf-mos", Image, "a raw picture", "mos", "image/tiff", true, false},
	{"image/x-phaseone-iiq", Image, "a raw picture", "iiq", "image/tiff", true, false},
	{"image/x-canon-crw", Image, "a raw picture", "crw", "", true, false},
	{"image/x-minolta-mrw", Image, "a raw picture", "mrw", "", true, false},
	{"image/x-sigma-x3f", Image, "a raw picture", "x3f", "", true, false},

	{"video/mp4", Video, "an MP4 film", "mp4 m4v mp4v", isoMedia, false, false},
	{"video/quicktime", Video, "a QuickTime film", "mov qt", isoMedia, false, false},
	{"video/3gpp", Video, "a 3GP film", "3gp 3g2 3gpp", isoMedia, false, false},
	{"video/webm", Video, "a WebM film", "webm", "video/matroska", false, false},
	{"video/matroska", Video, "a Matroska film", "mkv mka", "video/webm", false, false},
	{"video/x-msvideo", Video, "an AVI film", "avi", "", false, false},
	{"video/x-ms-asf", Video, "a Windows Media film", "wmv asf", "", false, false},
	{"video/x-flv", Video, "a Flash film", "flv", "", false, false},
	{"video/mpeg", Video, "an MPEG film", "mpg mpeg m2v vob", "video/mp2t", false, false},
	{"video/mp2t", Video, "an MPEG transport stream", "m2ts mts m2t", "", false, false},
	{"application/mxf", Video, "an MXF film", "mxf", "", false, false},
	{"video/ogg", Video, "an Ogg film", "ogv", "application/ogg audio/ogg", false, false},

	{"audio/mpeg", Audio, "an MP3 recording", "mp3 mp2 mpga", "", false, false},
	{"audio/wav", Audio, "a WAV recording", "wav wave bwf", "", false, false},
	{"audio/mp4", Audio, "an MPEG-4 recording", "m4a m4b", isoMedia, false, false},
	{"audio/aac", Audio, "an AAC recording", "aac", "", false, false},
	{"audio/flac", Audio, "a FLAC recording", "flac", "", false, false},
	{"audio/ogg", Audio, "an Ogg recording", "ogg oga opus", "application/ogg video/ogg", false, false},
	{"audio/aiff", Audio, "an AIFF recording", "aif aiff aifc", "", false, false},
	{"audio/x-ms-wma", Audio, "a Windows Media recording", "wma", "video/x-ms-asf", false, false},
	{"audio/amr", Audio, "an AMR recording", "amr", "", false, false},
	{"audio/midi", Audio, "a MIDI file", "mid midi", "", false, false},

	{"application/pdf", Document, "a PDF document", "pdf", "", false, false},
	{"application/vnd.adobe.illustrator", Document, "an Illustrator document", "ai", "application/pdf application/postscript image/x-eps", false, false},
	{"application/postscript", Document, "a PostScript document", "ps", "application/pdf image/x-eps", false, false},
	{"application/x-indesign", Document, "an InDesign document", "indd indt", "", true, false},
	{"application/vnd.adobe.indesign-idml-package", Document, "an InDesign document", "idml", zipped, false, false},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", Document, "a Word document", "docx", zipped, false, false},
	{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Document, "an Excel workbook", "xlsx", zipped, false, false},
	{"application/vnd.openxmlformats-officedocument.presentationml.presentation", Document, "a PowerPoint presentation", "pptx", zipped, false, false},
	{"application/vnd.ms-word.document.macroenabled.12", Document, "a Word document", "docm dotm dotx", zipped + office, false, false},
	{"application/vnd.ms-excel.sheet.macroenabled.12", Document, "an Excel workbook", "xlsm xltm xltx xlsb", zipped + office, false, false},
	{"application/vnd.ms-powerpoint.presentation.macroenabled.12", Document, "a PowerPoint presentation", "pptm potm potx ppsx ppsm", zipped + office, false, false},
	{"application/msword", Document, "a Word document", "doc dot", "application/x-ole-storage text/rtf " + office, false, false},
	{"application/vnd.ms-excel", Document, "an Excel workbook", "xls xlt", "application/x-ole-storage " + office, false, false},
	{"application/vnd.ms-powerpoint", Document, "a PowerPoint presentation", "ppt pot pps", "application/x-ole-storage " + office, false, false},
	{"application/vnd.oasis.opendocument.text", Document, "an OpenDocument text", "odt ott", zipped + "application/vnd.oasis.opendocument.text-template", false, false},
	{"application/vnd.oasis.opendocument.spreadsheet", Document, "an OpenDocument spreadsheet", "ods ots", zipped + "application/vnd.oasis.opendocument.spreadsheet-template", false, false},
	{"application/vnd.oasis.opendocument.presentation", Document, "an OpenDocument presentation", "odp otp", zipped + "application/vnd.oasis.opendocument.presentation-template", false, false},
	{"application/vnd.oasis.opendocument.graphics", Document, "an OpenDocument drawing", "odg otg", zipped + "application/vnd.oasis.opendocument.graphics-template", false, false},
	{"application/epub+zip", Document, "an EPUB book", "epub", zipped, false, false},
	{"application/vnd.apple.iwork", Document, "an iWork document", "pages numbers", zipped, false, false},
	{"application/vnd.ms-outlook", Document, "an Outlook message", "msg", "application/x-ole-storage", false, false},
	{"application/vnd.visio", Document, "a Visio drawing", "vsd", "application/x-ole-storage", false, false},
	{"application/vnd.ms-visio.drawing.main+xml", Document, "a Visio drawing", "vsdx", zipped, false, false},
	{"text/rtf", Document, "an RTF document", "rtf", "", false, true},

	{"application/zip", Archive, "a ZIP archive", "zip", "application/java-archive application/epub+zip " + office + openDocument, false, false},
	{"application/x-7z-compressed", Archive, "a 7-Zip archive", "7z", "", false, false},
	{"application/vnd.rar", Archive, "a RAR archive", "rar", "", false, false},
	{"application/gzip", Archive, "a gzip archive", "gz tgz", "", false, false},
	{"application/x-tar", Archive, "a tar archive", "tar", "", false, false},
	{"application/x-bzip2", Archive, "a bzip2 archive", "bz2 tbz2", "", false, false},
	{"application/x-xz", Archive, "an xz archive", "xz txz", "", false, false},
	{"application/zstd", Archive, "a Zstandard archive", "zst", "", false, false},

	{"font/ttf", Font, "a TrueType font", "ttf", "font/otf", false, false},
	{"font/otf", Font, "an OpenType font", "otf", "font/ttf", false, false},
	{"font/woff", Font, "a web font", "woff", "", false, false},
	{"font/woff2", Font, "a web font", "woff2", "", false, false},
	{"font/collection", Font, "a font collection", "ttc otc", "", false, false},

	{"model/gltf-binary", Other, "a 3D model", "glb", "", false, false},
	{"model/gltf+json", Other, "a 3D model", "gltf", "application/json", false, true},
	{"model/obj", Other, "a 3D model", "obj", "", false, true},
	{"model/mtl", Other, "the materials of a 3D model", "mtl", "", false, true},
	{"model/stl", Other, "a 3D model", "stl", "", true, true},
	{"model/step", Other, "a 3D model", "step stp", "", false, true},
	{"model/iges", Other, "a 3D model", "iges igs", "", false, true},
	{"model/ply", Other, "a 3D model", "ply", "", true, true},
	{"model/3mf", Other, "a 3D model", "3mf", zipped, false, false},
	{"model/vnd.usdz+zip", Other, "a 3D model", "usdz", zipped, false, false},
	{"model/vnd.usd", Other, "a 3D model", "usd usda usdc", "", true, true},
	{"model/vnd.collada+xml", Other, "a 3D model", "dae", "text/xml", false, true},
	{"model/x-fbx", Other, "a 3D model", "fbx", "", true, true},
	{"model/x-3ds", Other, "a 3D model", "3ds max", "application/x-ole-storage", true, false},
	{"model/x-sketchup", Other, "a 3D model", "skp", "", true, false},
	{"model/x-blender", Other, "a 3D model", "blend", "application/gzip application/zstd", true, false},
	{"model/x-ifc", Other, "a building model", "ifc", "model/step", false, true},
	{"image/vnd.dwg", Other, "a CAD drawing", "dwg", "", true, false},
	{"image/vnd.dxf", Other, "a CAD drawing", "dxf", "", true, true},

	{"text/plain", Document, "plain text", "txt text log ini conf cfg nfo", "", true, true},
	{"text/markdown", Document, "a Markdown text", "md markdown", "", true, true},
	{"text/csv", Document, "a table as text", "csv tsv", "text/tab-separated-values", true, true},
	{"text/html", Document, "a web page", "html htm xhtml", "application/xhtml+xml", true, true},
	{"text/css", Document, "a style sheet", "css", "", true, true},
	{"text/javascript", Document, "a program as text", "js mjs", "", true, true},
	{"application/json", Document, "JSON", "json geojson", "", true, true},
	{"text/xml", Document, "XML", "xml xmp xsl xslt", "", true, true},
	{"application/yaml", Document, "YAML", "yaml yml", "", true, true},
	{"text/vtt", Document, "subtitles", "vtt", "", false, true},
	{"application/x-subrip", Document, "subtitles", "srt", "", false, true},
	{"text/calendar", Document, "a calendar entry", "ics", "", false, true},
	{"text/vcard", Document, "an address card", "vcf", "", false, true},
	{"message/rfc822", Document, "a mail", "eml", "", true, true},
}

const (
	isoMedia = "video/mp4 video/quicktime video/x-m4v audio/mp4 audio/x-m4a video/3gpp video/3gpp2 video/mj2 video/vnd.dvb.file"
	office   = "application/vnd.openxmlformats-officedocument.wordprocessingml.document " +
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet " +
		"application/vnd.openxmlformats-officedocument.presentationml.presentation "
	openDocument = "application/vnd.oasis.opendocument.text application/vnd.oasis.opendocument.spreadsheet " +
		"application/vnd.oasis.opendocument.presentation application/vnd.oasis.opendocument.graphics"
)

// aliases are other spellings of media types in the list.
var aliases = map[string]string{
	"image/apng": "image/png", "video/x-m4v": "video/mp4", "audio/x-m4a": "audio/mp4", "application/xml": "text/xml",
	"image/heic-sequence": "image/heic", "image/heif": "image/heic", "image/heif-sequence": "image/heic",
	"video/x-matroska": "video/matroska", "audio/x-wav": "audio/wav", "application/rtf": "text/rtf",
}

var byExt, byType = index()

func index() (ext, media map[string]*format) {
	ext, media = map[string]*format{}, map[string]*format{}
	for i := range formats {
		f := &formats[i]
		for e := range strings.FieldsSeq(f.exts) {
			if ext["."+e] == nil {
				ext["."+e] = f
			}
		}
		if media[f.media] == nil {
			media[f.media] = f
		}
	}
	return ext, media
}

// Endings lists the endings that names of files of a media type have, without
// dots, the usual one first; none for a type that is not in the list.
func Endings(mediaType string) []string {
	f := byType[mediaType]
	if f == nil {
		return nil
	}
	return strings.Fields(f.exts)
}

// accepts reports whether content of the media type may go by f's extensions.
func (f *format) accepts(held string, isText bool) bool {
	return held == f.media || f.includes(held) || (f.text && isText) || (f.open && held == unknown)
}

// includes reports whether held is one of the further types f's content shows as.
func (f *format) includes(held string) bool {
	for h := range strings.FieldsSeq(f.holds) {
		if c, ok := aliases[h]; ok {
			h = c
		}
		if h == held {
			return true
		}
	}
	return false
}

// names reports whether f's media type says more than the one the content shows.
func (f *format) names(held string) bool {
	switch {
	case held == "application/postscript" && f.media != "image/x-eps": // not what Illustrator and others now mean by their names
		return false
	case f.media == "application/zip": // a document in a ZIP container is not better called one
		return false
	case f.text && held == "text/plain":
		return true
	case f.text && !strings.HasPrefix(f.media, "model/"):
		return false
	}
	return f.includes(held) || (f.open && held == unknown)
}
