// Package fix turns the edits that findings propose into a patch of the operator's files.
//
//	finding.Edits ─> document   the file, line by line, with the edits of a pass
//	              ─> Make       passes until nothing is left to edit; each pass judges the files
//	                            as they would be, so that an edit that does not take its finding
//	                            away, or brings another one, is refused
//	              ─> Plan       what was fixed, what is left and why
//	              ─> Patch      a unified diff without secrets (hunks.go, secrets.go)
//	              ─> Apply      writes the files, each whole or not at all, with a backup
//
// Checks know what to change and where (see gate/check/edit.go); nothing here knows a rule.
package fix
