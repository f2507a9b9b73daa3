package gate

// Edit is a change of an operator's text file that a check proposes: some lines are
// replaced, or new ones come before a line. The file itself is never touched here; see
// gate/fix.
type Edit struct {
	File string // absolute
	// Sum is the SHA-256 of the whole file that the line numbers belong to.
	Sum [32]byte
	// Line is the first line that is replaced, from 1. With Lines 0 the new lines
	// come before it; the number of lines plus one is the end of the file.
	Line, Lines int
	// Text are the new lines, without line ends.
	Text []string
	// Title is a comment that comes once before the lines of all edits at one
	// place that have the same; "" is none.
	Title string
}

// Fix is what would take a finding away.
type Fix struct {
	// File is the file that is changed, the first of several.
	File string `json:"file"`
	// Diff is a unified diff relative to the working directory. "" where it would
	// show a secret: gate fix --apply writes it.
	Diff string `json:"diff"`
}
