package envfile

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// uploadLimits are the sizes of files that Dify takes, in MB.
var uploadLimits = []string{"UPLOAD_FILE_SIZE_LIMIT", "UPLOAD_IMAGE_FILE_SIZE_LIMIT", "UPLOAD_AUDIO_FILE_SIZE_LIMIT", "UPLOAD_VIDEO_FILE_SIZE_LIMIT"}

// bodyLimit compares the files that Dify takes with the bodies that its nginx takes.
// What Dify ships does not fit either (100 MB of video and 15M until 1.6.0), so that
// only limits that somebody set count.
func (r *envRun) bodyLimit() {
	const name = "NGINX_CLIENT_MAX_BODY_SIZE"
	limit, known := r.nginxSetting(name)
	size, ok := bytesOf(limit.Text)
	if !known || !ok || size == 0 { // 0: no limit
		return
	}
	for _, upload := range uploadLimits {
		v, _ := r.value(upload)
		files, err := strconv.ParseInt(strings.TrimSpace(v.Text), 10, 32)
		if err != nil || files<<20 <= size || r.isShipped(upload, v) {
			continue
		}
		f := r.add(ruleInconsistent, upload, fmt.Sprintf("%s is %d MB and %s is %s: nginx answers 413 to files that Dify would accept", upload, files, name, limit.Text),
			fmt.Sprintf("set %s to %dM, also as client_max_body_size of every proxy in front", name, files+files/10+1), v.Place, limit.Place)
		f.Severity = gate.Warning
	}
}

// nginxSetting is what Dify's nginx gets for a variable; known is false where no such
// nginx is there.
func (r *envRun) nginxSetting(name string) (v deployment.Value, known bool) {
	if s, ok := r.serviceOf("nginx"); ok {
		return s.Env[name], true
	}
	if len(r.d.Services) > 0 || r.helm() || r.want.release == nil {
		return deployment.Value{}, false
	}
	v = r.d.Env[name]
	def, _ := r.want.release.EnvVar(name)
	v.Text = cmp.Or(v.Text, def.Default.Text)
	return v, true
}

// bytesOf reads a size as nginx writes it: 15M.
func bytesOf(text string) (int64, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	shift := 0
	for suffix, s := range map[string]int{"k": 10, "m": 20, "g": 30} {
		if rest, ok := strings.CutSuffix(text, suffix); ok {
			text, shift = rest, s
			break
		}
	}
	n, err := strconv.ParseInt(text, 10, 32)
	return n << shift, err == nil
}
