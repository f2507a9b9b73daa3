package plan

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/release"
	"github.com/dify-gate/dify-gate/gate/dify"
)

// Make writes the plan of the way from env.From to env.To. The error is one of the
// input: files that cannot be read, versions that are none.
func Make(env *check.Env, in Input) (Plan, error) {
	path, err := env.UpgradePath()
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Schema: Schema, Upgrade: in.Upgrade, Hops: []Hop{}, Steps: []Step{}, Notes: []string{}, Incomplete: in.Incomplete}
	if p.Upgrade.Releases == nil {
		p.Upgrade.Releases = []string{}
	}
	s, err := newSite(env, in, path.From.Release)
	if err != nil {
		return Plan{}, err
	}
	p.Way = s.way
	if env.From == env.To {
		p.Notes = append(p.Notes, "from and to are the same version: there is nothing to do")
		return p, nil
	}
	touched, err := release.TouchedSteps(env)
	if err != nil {
		return Plan{}, err
	}
	if in.Incomplete != "" {
		if in, err = advised(env, in); err != nil {
			return Plan{}, err
		}
		p.Notes = append(p.Notes, "not all release notes could be read: read them before you begin, the plan may lack steps")
	}
	p.Hops = hops(env, s, in)
	for i, hop := range p.Hops {
		b := &builder{site: s, in: in, hop: hop, number: i + 1, touched: touched, catalogue: path.Catalogue}
		if b.from, err = path.Catalogue.Resolve(hop.From); err != nil {
			return Plan{}, err
		}
		if b.to, err = path.Catalogue.Resolve(hop.To); err != nil {
			return Plan{}, err
		}
		b.write()
		p.Steps = append(p.Steps, b.steps...)
		p.Notes = append(p.Notes, b.said...)
	}
	p.Notes = append(p.Notes, s.notes...)
	p.NoReturn = noReturn(path, p.Steps, env)
	return p, nil
}

// advised takes the changes and commands of the built-in advisories where the notes
// gave none.
func advised(env *check.Env, in Input) (Input, error) {
	if len(in.Changes) > 0 {
		return in, nil
	}
	changes, book, err := release.Advised(env)
	in.Changes, in.RunBook = changes, book
	return in, err
}

// builder writes the steps of one hop.
type builder struct {
	*site
	in        Input
	hop       Hop
	number    int
	from, to  dify.Known
	catalogue *dify.Catalogue
	touched   []release.Touched
	steps     []Step
	said      []string // notes
}

func (b *builder) write() {
	for _, k := range []dify.Known{b.from, b.to} {
		if k.Note != "" {
			b.said = append(b.said, k.Note+": names, profiles and commands of the release are not known")
		}
	}
	b.before()
	switch b.way {
	case Helm:
		b.helm()
	case Source:
		b.source()
	default:
		b.duringCompose()
	}
	b.after()
	b.rollback()
}

// add appends a step that every upgrade has.
func (b *builder) add(phase Phase, what, why string, commands ...string) {
	b.addSince(phase, "", what, why, commands...)
}

// addSince appends a required step that a release demands.
func (b *builder) addSince(phase Phase, since, what, why string, commands ...string) {
	if commands == nil {
		commands = []string{}
	}
	b.steps = append(b.steps, Step{Hop: b.number, Phase: phase, What: what, Commands: commands, Why: why, Since: since, Required: true})
}

// optional makes the last step one that may be left out.
func (b *builder) optional() { b.steps[len(b.steps)-1].Required = false }

// inHop reports whether a release is in (from, to] of the hop.
func (b *builder) inHop(version string) bool { return between(version, b.hop.From, b.hop.To) }

// between reports whether a version is in (from, to].
func between(version, from, to string) bool {
	v, err := changelog.ParseVersion(version)
	f, errF := changelog.ParseVersion(from)
	t, errT := changelog.ParseVersion(to)
	return err == nil && errF == nil && errT == nil && f.Compare(v) < 0 && v.Compare(t) <= 0
}

// tag is a release's tag: no v in front.
func tag(version string) string { return strings.TrimPrefix(version, "v") }

// gate is a call of the gate for this hop, from the directory of the files.
func (b *builder) gate(command string, words ...string) string {
	out := "gate " + command + " --from " + quote(tag(b.hop.From)) + " --to " + quote(tag(b.hop.To))
	return out + b.flags(strings.HasPrefix(command, "run")) + more(words)
}

// gateBack is a call of the gate about the release before the hop.
func (b *builder) gateBack(words ...string) string {
	old := quote(tag(b.hop.From))
	return "gate run --phase post --from " + old + " --to " + old + b.flags(true) + more(words)
}

// flags are those that the gate is called with again. fix takes none of those of the
// network.
func (b *builder) flags(run bool) string {
	out := ""
	if b.d != nil {
		out += " --dir ."
	}
	for _, f := range b.in.Gate {
		value := f.Value
		if f.Path {
			value = relative(b.abs, value)
		}
		switch {
		case f.Name == "insecure" && run:
			out += " --insecure"
		case run || f.Name == "config" || f.Name == "catalogue" || f.Name == "learn" || f.Name == "changelog":
			out += " --" + f.Name + " " + quote(value)
		}
	}
	return out
}

func more(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return " " + strings.Join(words, " ")
}

// address is the flag --url, by a variable where the address is not known.
func (b *builder) address() string {
	if b.in.URL == "" {
		return `--url "${DIFY_URL:?set it to the public address of Dify}"`
	}
	return "--url " + quote(b.in.URL)
}

// crossing reports whether the hop crosses a release.
func (b *builder) crossing(release string) bool { return b.inHop(release) }

// adopted: the files have the target's images already.
func (b *builder) adopted() bool { return b.d != nil && check.Adopted(b.d, b.hop.To) }

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
