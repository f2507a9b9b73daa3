package plan

import (
	"slices"
	"strings"

	"github.com/mattn/go-shellwords"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
)

// Commands of release notes are data: what is not a flask command of the release, a
// call of compose, or one of these programs with plain words, is shown as a comment.
var hostPrograms = []string{"chmod", "chown", "cp", "helm", "kubectl", "mkdir", "mv", "mysqldump", "pg_dump", "psql", "redis-cli", "tar"}

// plain takes a line of release notes apart; false for one that needs the shell.
func plain(text string) ([]string, bool) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "$ ")
	if text == "" || strings.ContainsAny(text, "`$;|&<>(){}[]*?!\\#~\r\n") || strings.IndexFunc(text, hidden) >= 0 {
		return nil, false
	}
	words, err := shellwords.Parse(text)
	return words, err == nil && len(words) > 0
}

// flaskWords are the words after flask, whatever runs it and wherever; nil for another
// command.
func flaskWords(words []string) []string {
	at := slices.Index(words, "flask")
	if at < 0 || at == len(words)-1 {
		return nil
	}
	for _, w := range words[:at] { // nothing but what runs it may stand before
		known := slices.Contains([]string{"sudo", "docker", "compose", "docker-compose", "exec", "run", "kubectl", "uv", "poetry", "--"}, w)
		if !known && strings.ContainsAny(w, "/'\" ") {
			return nil
		}
	}
	return words[at+1:]
}

// hasCommand reports whether a release has a flask command; a release that another one
// stands in for is believed to.
func hasCommand(c *dify.Catalogue, of dify.Known, words []string) (has bool, span dify.Command) {
	if words[0] == "db" || !of.Exact {
		return true, span // db is Flask-Migrate's, in every release
	}
	for _, command := range c.Commands {
		if slices.Contains(words[:min(2, len(words))], command.Name) {
			span = command
			return notAfter(command.Since, of.Version()) && (command.Until == "" || notAfter(of.Version(), command.Until)), span
		}
	}
	return false, span
}

func notAfter(a, b string) bool {
	v, err := changelog.ParseVersion(a)
	w, errW := changelog.ParseVersion(b)
	return err == nil && errW == nil && v.Compare(w) <= 0
}

// runner is what runs flask in a release: Poetry until 1.2.0, uv from 1.3.0 on.
func runner(version string) string {
	if notAfter("1.3.0", version) {
		return "uv run"
	}
	return "poetry run"
}

// flask is a call of a flask command in a release, the way that Dify runs here.
func (b *builder) flask(version string, profiles []string, words []string) string {
	command := runner(version) + " " + line(append([]string{"flask"}, words...)...)
	switch b.way {
	case Helm:
		return `kubectl --namespace "${NAMESPACE:?}" exec --stdin --tty "deployment/${API:?}" -- ` + command
	case Source:
		return "(cd -- " + file(b.checkout+"/api") + " && " + command + ")"
	}
	return b.call(profiles, "exec", b.names.api) + " " + command
}

// commandsBefore are the notes' commands for before the upgrade that the running
// containers answer.
func (b *builder) commandsBefore() {
	for _, s := range b.in.RunBook {
		if b.inHop(s.Version) && s.When == "before" && !b.hostCommand(s) {
			b.note(Before, s, b.from, b.own())
		}
	}
}

// commandsStopped are those for before the upgrade that change files of the host.
func (b *builder) commandsStopped() {
	for _, s := range b.in.RunBook {
		if b.inHop(s.Version) && s.When == "before" && b.hostCommand(s) {
			b.note(During, s, b.to, b.next(b.from.Release, b.to.Release))
		}
	}
}

// commandsAfter are the notes' commands for the new containers, in their order.
func (b *builder) commandsAfter() {
	for _, s := range b.in.RunBook {
		if b.inHop(s.Version) && s.When != "before" {
			b.note(During, s, b.to, b.next(b.from.Release, b.to.Release))
		}
	}
}

// hostCommand reports whether a command changes files beside the containers.
func (b *builder) hostCommand(s gate.Step) bool {
	words, ok := plain(s.Command)
	if ok && words[0] == "sudo" {
		words = words[1:]
	}
	return ok && len(words) > 0 && slices.Contains([]string{"chmod", "chown", "mv", "cp", "mkdir"}, words[0])
}

// note writes a command of the notes as a step, as the release has it in whose
// containers it runs.
func (b *builder) note(phase Phase, s gate.Step, in dify.Known, profiles []string) {
	why, _, _ := strings.Cut(s.Why, " (from source: ")
	words, ok := plain(s.Command)
	args := flaskWords(words)
	switch {
	case !ok:
		b.addSince(phase, s.Version, "Read what the notes of "+s.Version+" want to be run", why, comment(s.Command))
	case args != nil:
		b.flaskStep(phase, s, args, why, in, profiles)
	case isCompose(words):
		b.composeStep(phase, s, words, why, profiles)
	case words[0] == "sudo" && len(words) > 1 && slices.Contains(hostPrograms, words[1]), slices.Contains(hostPrograms, words[0]):
		b.addSince(phase, s.Version, "Run "+words[0]+" as the notes of "+s.Version+" want it", why, line(words...))
	default:
		b.addSince(phase, s.Version, "Read what the notes of "+s.Version+" want to be run", why, comment(s.Command))
	}
}

func (b *builder) flaskStep(phase Phase, s gate.Step, args []string, why string, in dify.Known, profiles []string) {
	has, span := hasCommand(b.catalogue, in, args)
	name := "flask " + strings.Join(args[:min(2, len(args))], " ")
	if strings.HasPrefix(args[min(1, len(args)-1)], "-") {
		name = "flask " + args[0]
	}
	if args[0] == "db" || args[0] == "upgrade-db" {
		return // the migrations have their own step
	}
	if !has {
		text := in.Version() + " has no such command"
		switch {
		case span.Name != "" && !notAfter(span.Since, in.Version()):
			text += ": it came with " + span.Since
		case span.Until != "":
			text += ": the last release that had it is " + span.Until
		}
		b.addSince(phase, s.Version, name+" cannot be run: "+text, why+" Run it once you are on a release that has it, or read the notes of "+s.Version+".")
		b.optional()
		return
	}
	commands := []string{}
	if at := slices.Index(args, "--apply"); at > 0 {
		commands = append(commands, b.flask(in.Version(), profiles, slices.Delete(slices.Clone(args), at, at+1)))
		why += " Without --apply it only says what it would do."
	}
	if more := hints[args[0]]; more != "" {
		why += " " + more
	}
	b.addSince(phase, s.Version, "Run "+name, strings.TrimSpace(why), append(commands, b.flask(in.Version(), profiles, args))...)
}

// hints say what the commands do not (api/commands of the releases that brought them).
var hints = map[string]string{
	"extract-plugins":                  "It asks for a file name: press Enter. The file is in the container: run the next step before the container is recreated.",
	"install-plugins":                  "The plugin daemon must run, and reach the marketplace.",
	"migrate-data-for-plugin":          "It rewrites the names of providers: older releases may not read them.",
	"transform-datasource-credentials": "It needs the marketplace, and there is no way back but the copy.",
}

// isCompose reports whether words call compose.
func isCompose(words []string) bool {
	if words[0] == "sudo" {
		words = words[1:]
	}
	return len(words) > 2 && words[0] == "docker" && words[1] == "compose" || len(words) > 1 && words[0] == "docker-compose"
}

// composeStep writes a call of compose with the files and names here.
func (b *builder) composeStep(phase Phase, s gate.Step, words []string, why string, profiles []string) {
	if b.way != Compose {
		b.addSince(phase, s.Version, "Do what the notes of "+s.Version+" do with compose", why, comment(s.Command))
		return
	}
	for words[0] == "sudo" || words[0] == "docker" || words[0] == "compose" || words[0] == "docker-compose" {
		if words = words[1:]; len(words) == 0 {
			return
		}
	}
	for len(words) > 2 && strings.HasPrefix(words[0], "-") { // -f FILE and --profile NAME are ours to say
		if words[0] == "--profile" && !slices.Contains(profiles, words[1]) {
			profiles = append(slices.Clone(profiles), words[1])
		}
		words = words[2:]
	}
	out := slices.Clone(words)
	for i, w := range out {
		switch {
		case i > 0 && w == "api":
			out[i] = b.names.api
		case i > 0 && b.db.service != "" && (w == "db" || w == "db_postgres"):
			out[i] = b.db.service
		}
	}
	b.addSince(phase, s.Version, "Run docker compose "+words[0]+" as the notes of "+s.Version+" want it", why, b.call(profiles, out...))
}
