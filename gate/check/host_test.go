package check

import (
	"github.com/dify-gate/dify-gate/gate"
)

func messageFor(res gate.Result, rule string) string {
	for _, f := range res.Findings {
		if f.Rule == rule {
			return f.Message
		}
	}
	return ""
}
