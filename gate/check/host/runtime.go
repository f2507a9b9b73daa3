package host

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	goversion "github.com/hashicorp/go-version"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// Runtime checks the version of a tool on this machine, or of the image that a
// compose service runs.
type Runtime struct {
	check.Base `yaml:",inline"`
	Tool       string   `yaml:"tool" help:"python, node, docker, docker-compose, redis-server, psql or any tool that knows --version" required:"true"`
	Version    string   `yaml:"version" help:"wanted range, like >=3.8 or >=2.24, <3"`
	Command    []string `yaml:"command" help:"command that prints the version, instead of TOOL --version"`
	Service    string   `yaml:"service" help:"compose service whose image tag is the version, instead of a command"`
}

// Kind is runtime.
func (r *Runtime) Kind() string { return "runtime" }

// Rules are those of runtime.
func (r *Runtime) Rules() []gate.Rule { return []gate.Rule{ruleRuntimeMissing, ruleRuntimeVersion} }

// commandsOf are the commands that print a tool's version, tried in turn until
// one is there: TOOL --version, unless the tool has another name or option.
func commandsOf(tool string) [][]string {
	switch tool {
	case "python":
		return [][]string{{"python3", "--version"}, {"python", "--version"}}
	case "docker":
		// The client answers without an engine.
		return [][]string{{"docker", "--version"}}
	case "docker-compose", "docker compose", "compose":
		return [][]string{{"docker", "compose", "version", "--short"}, {"docker-compose", "--version"}}
	case "node", "nodejs":
		return [][]string{{"node", "--version"}, {"nodejs", "--version"}}
	case "nginx":
		return [][]string{{"nginx", "-v"}}
	case "java":
		return [][]string{{"java", "-version"}}
	case "go":
		return [][]string{{"go", "version"}}
	case "kubectl":
		return [][]string{{"kubectl", "version", "--client"}}
	case "helm":
		return [][]string{{"helm", "version", "--short"}}
	case "postgres":
		return [][]string{{"postgres", "--version"}, {"psql", "--version"}}
	}
	return [][]string{{tool, "--version"}}
}

// Validate checks the range.
func (r *Runtime) Validate() []check.Mistake {
	ms := r.Mistakes()
	if r.Tool == "" {
		ms = append(ms, check.Mistakef("", "tool is required"))
	}
	if r.Version != "" {
		if _, err := goversion.NewConstraint(r.Version); err != nil {
			ms = append(ms, check.Mistakef("version", "version %q: want a range like >=3.8", r.Version))
		}
	}
	if r.Service != "" && len(r.Command) > 0 {
		ms = append(ms, check.Mistakef("command", "command and service exclude each other"))
	}
	return ms
}

// Check makes the check.
func (r *Runtime) Check(env *check.Env) gate.Check {
	c := r.NewCheck("runtime", "runtime "+r.Tool, gate.PhasePre, r.Rules())
	c.Run = func(ctx context.Context) gate.Result {
		if r.Service != "" {
			return r.image(env)
		}
		return r.local(ctx)
	}
	return c
}

// local asks the tool on this machine.
func (r *Runtime) local(ctx context.Context) gate.Result {
	commands := commandsOf(r.Tool)
	if len(r.Command) > 0 {
		commands = [][]string{r.Command}
	}
	var failed error
	var names []string
	for _, command := range commands {
		output, err := check.Output(ctx, command)
		if errors.Is(err, exec.ErrNotFound) {
			names = append(names, command[0])
			continue
		}
		// `docker compose` without the plugin fails; docker-compose may be there.
		if version := firstVersion(output); version != "" && err == nil {
			return r.compare(version, strings.Join(command, " "))
		}
		failed = fmt.Errorf("%s printed no version: %q", strings.Join(command, " "), quote.Clip(output))
		if err != nil {
			failed = fmt.Errorf("%s: %w (%s)", strings.Join(command, " "), err, quote.Clip(output))
			names = append(names, strings.Join(command, " "))
		}
	}
	if failed != nil && len(names) < len(commands) {
		return gate.Undecided(failed)
	}
	return gate.Result{Findings: []gate.Finding{ruleRuntimeMissing.Finding(
		fmt.Sprintf("%s: no usable %s here, expected %s", r.Tool, strings.Join(names, " or "), r.wanted()),
		"install it where the upgrade runs, or set the command that prints its version")}}
}

func (r *Runtime) wanted() string {
	if r.Version == "" {
		return "any version"
	}
	return r.Version
}

// image reads the version off the tag of a compose service's image.
func (r *Runtime) image(env *check.Env) gate.Result {
	d, err := env.Deployment()
	if err != nil {
		return gate.Undecided(fmt.Errorf("service %q: %w", r.Service, err))
	}
	service, ok := d.Service(r.Service)
	if !ok {
		return gate.Result{Findings: []gate.Finding{ruleRuntimeMissing.Finding(
			fmt.Sprintf("%s: the compose files have no service %s", r.Tool, r.Service),
			"name a service of your compose files")}}
	}
	_, tag := deployment.SplitImage(service.Image)
	version := firstVersion(tag)
	if version == "" {
		return gate.Undecided(fmt.Errorf("service %s runs %q, whose tag is no version", r.Service, service.Image))
	}
	res := r.compare(version, "image "+service.Image)
	for i := range res.Findings {
		res.Findings[i].Location = env.Place(service.ImageAt)
	}
	return res
}

func (r *Runtime) compare(version, source string) gate.Result {
	res := gate.Result{Evidence: map[string]any{"version": version, "from": source}}
	if r.Version != "" && !check.Satisfies(version, r.Version) {
		res.Findings = []gate.Finding{ruleRuntimeVersion.Finding(
			fmt.Sprintf("%s is %s, expected %s", r.Tool, version, r.Version),
			"install a version in the range (found with: "+source+")")}
		res.Findings[0].Subject = r.Tool
	}
	return res
}

// versionText finds a version in a tool's output: digits and dots, perhaps with
// a pre-release behind.
var versionText = lazyregexp.New(`(?:^|go|[^0-9A-Za-z.])v?(\d+(?:\.\d+){1,3}(?:-(?:rc|beta|alpha|dev)[.\d]*|(?:rc|a|b)\d+)?)|^v?(\d+)(?:[-\s]|$)`)

func firstVersion(output string) string {
	m := versionText().FindStringSubmatch(" " + strings.TrimSpace(output))
	if m == nil {
		m = versionText().FindStringSubmatch(strings.TrimSpace(output))
	}
	if m == nil {
		return ""
	}
	return preRelease().ReplaceAllString(m[1]+m[2], "$1-$2")
}

// preRelease is one as Python writes it, with no dash: 3.13.0rc1.
var preRelease = lazyregexp.New(`(\d)((?:rc|a|b)\d+)$`)
