package quote

// longestWord bounds the words that are compared, in characters: a longer one
// is no slip, and would only cost time.
const longestWord = 64

// Distance is the number of characters to insert, delete, replace or swap with
// the next one, to make b of a. Words of more than 64 characters are that far
// from every other one.
func Distance(wordA, wordB string) int {
	a, b := []rune(wordA), []rune(wordB)
	if len(a) > longestWord || len(b) > longestWord {
		if wordA == wordB {
			return 0
		}
		return longestWord
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
