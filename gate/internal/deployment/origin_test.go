package deployment

import "testing"

// The effective value of a service's variable has the place where it stands:
// the env file, another env file, the default or the compose file itself.
func TestWhereAValueStands(t *testing.T) {
	d := read(t, write(t, map[string]string{
		".env":     "SET=own\nPW=secret\nEMPTY=\nBARE=b\n",
		"more.env": "FROM_FILE=x${PW}\nBEATEN=file\n",
		"compose.yaml": `x-shared: &shared
  ANCHORED: ${SET:-d}
services:
  api:
    image: a
    env_file: more.env
    ports: ["127.0.0.1:81:80"]
    environment:
      <<: *shared
      A: ${SET:-d}
      B: ${UNSET:-d}
      C: ${UNSET:-${SET}}
      D: redis://:${PW}@redis
      E: plain
      F: $SET
      G: $${SET}
      H: ${EMPTY:-d}
      I: ${EMPTY-d}
      BARE:
      ELSEWHERE:
      BEATEN: env
  listed:
    image: a
    network_mode: host
    environment: ["A=${SET}"]
`,
		"compose.override.yaml": "services:\n  api:\n    environment:\n      E: over\n      ELSE_DEFAULT: ${ELSEWHERE:-x}\nnetworks:\n  outer: {external: true}\n",
	}))
	api, _ := d.Service("api")
	listed, _ := d.Service("listed")
	for _, c := range []struct {
		service         Service
		name, text, via string
		source          Source
		file            string
		line            int
	}{
		{api, "A", "own", "SET", FromEnv, ".env", 1},
		{api, "ANCHORED", "own", "SET", FromEnv, ".env", 1},
		{api, "B", "d", "UNSET", FromDefault, "compose.yaml", 11},
		{api, "C", "own", "SET", FromEnv, ".env", 1},
		{api, "D", "redis://:secret@redis", "PW", FromCompose, "compose.yaml", 13},
		{api, "E", "over", "", FromCompose, "compose.override.yaml", 4},
		{api, "F", "own", "SET", FromEnv, ".env", 1},
		{api, "G", "${SET}", "", FromCompose, "compose.yaml", 16},
		{api, "H", "d", "EMPTY", FromDefault, "compose.yaml", 17},
		{api, "I", "", "EMPTY", FromEnv, ".env", 3},
		{api, "BARE", "b", "", FromEnv, ".env", 4},
		{api, "FROM_FILE", "xsecret", "", FromEnvFile, "more.env", 1},
		{api, "BEATEN", "env", "", FromCompose, "compose.yaml", 21},
		{listed, "A", "own", "SET", FromEnv, ".env", 1},
	} {
		v := c.service.Env[c.name]
		if v.Text != c.text || v.Var != c.via || v.Source != c.source || v.Place != (Place{d.path(c.file), c.line}) {
			t.Errorf("%s's %s: %q by %q, %s at %s, want %q by %q, %s at %s:%d", c.service.Name, c.name, v.Text, v.Var, v.Source, v.Place, c.text, c.via, c.source, c.file, c.line)
		}
	}
	if v, ok := api.Env["ELSEWHERE"]; ok {
		t.Errorf("ELSEWHERE alone: %+v, want nothing: only a default beside another reference has it", v)
	}
	if api.Ports[0].IP != "127.0.0.1" || !listed.HostNetwork || api.HostNetwork || !d.External {
		t.Errorf("ports %+v, host network %v %v, external %v", api.Ports, listed.HostNetwork, api.HostNetwork, d.External)
	}
}
