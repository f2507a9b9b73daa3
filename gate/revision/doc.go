// Package revision reads what an operator's directory was at another commit: from
// git where that has the commit, else from the forge's API. Only the files that say
// which images are deployed are read, into a folder that is removed again.
package revision
