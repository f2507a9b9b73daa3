package python

// kind is the sort of a token.
type kind int

const (
	tokName kind = iota + 1
	tokString
	tokFString
	tokOp      // an operator or bracket, one byte, but for "->" , ":=" , "==" and the like
	tokNewline // the end of a logical line
	tokOther   // a number, or a byte of no use in Python
)

type token struct {
	kind  kind
	text  string // of a string its value, without quotes and escapes
	parts []Expr // of an f-string
	line  int    // from 1
	// column is where the logical line begins; it is set on every token.
	column int
}

// is reports whether the token is this operator.
func (t token) is(op string) bool { return t.kind == tokOp && t.text == op }

// word reports whether the token is this name or keyword.
func (t token) word(name string) bool { return t.kind == tokName && t.text == name }
