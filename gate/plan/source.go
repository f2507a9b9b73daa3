package plan

import (
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// sourceVariables name the services of the host, as no file of the operator's does.
var sourceVariables = []string{
	"API_UNIT=dify-api WORKER_UNIT=dify-worker BEAT_UNIT=dify-beat WEB_UNIT=dify-web " + comment("systemd units: set the names that you use"),
}

const units = `"${API_UNIT:?}" "${WORKER_UNIT:?}" "${BEAT_UNIT:?}" "${WEB_UNIT:?}"`

// source writes the upgrade of a deployment that runs from a checkout.
func (b *builder) source() {
	root, to := b.checkout, quote(tag(b.hop.To))
	in := func(dir, command string) string { return "(cd -- " + file(root+"/"+dir) + " && " + command + ")" }
	b.add(During, "Stop the API, the workers, the beat and the web front end", "The downtime begins. Without systemd stop them the way that you start them.", "sudo systemctl stop "+units)
	b.lastDump()
	b.add(During, "Copy the uploads", "The files that the API stores (STORAGE_LOCAL_PATH); a bucket has its own versions.", `tar -czf "${BACKUP_DIR:?}"/storage.tgz -C `+file(root+"/api")+" storage")
	b.commandsStopped()
	b.add(During, "Check the release out", "Own changes are kept and merged; where both changed the same lines, git marks the place: settle it before you go on.",
		"git -C "+file(root)+" diff >\"${BACKUP_DIR:?}\"/local-changes.patch", "git -C "+file(root)+" checkout --merge "+to)
	if there, err := readfile.Exists(b.abs + "/" + root + "/docker/docker-compose.middleware.yaml"); err == nil && there {
		middleware := b.compose + " -f " + file(root+"/docker/docker-compose.middleware.yaml")
		b.add(During, "Renew the middleware, if its compose file runs it", "Database, Redis, sandbox, plugin daemon and vector store must fit the release.", middleware+" pull", middleware+" up -d")
		b.optional()
	}
	b.add(During, "Install the dependencies of the API", "api/.python-version and pyproject.toml say which Python.", in("api", b.install()))
	b.add(During, "Migrate the database"+b.migrations(), "It must end without an error before anything starts. The way back is the dump from here on.", in("api", runner(b.to.Version())+" flask db upgrade"))
	b.commandsAfter()
	b.add(During, "Build the web front end", "web/package.json says which Node and pnpm.", in("web", "corepack enable && pnpm install --frozen-lockfile && pnpm build"))
	queues := []string{}
	for _, q := range b.to.Queues(func(name string) string { return b.setting(name, b.to.Release) }) {
		queues = append(queues, q.Name)
	}
	if len(queues) > 0 && b.to.Exact {
		b.addSince(During, b.hop.To, "See that your worker consumes every queue of the release", "celery -A app.celery worker … -Q "+strings.Join(queues, ","))
	}
	b.add(During, "Start the API, the workers, the beat and the web front end", "The beat runs scheduled jobs, since 1.7.0.", "sudo systemctl start "+units)
	b.add(During, "Wait until the API answers", "Its own port, without the proxy.", until("curl --fail --silent --max-time 10 http://localhost:5001/health"))
}

// install is what installs the API's dependencies.
func (b *builder) install() string {
	if runner(b.to.Version()) == "uv run" {
		return "uv sync"
	}
	return "poetry install --no-root"
}

// sourceBack writes the way back of a checkout.
func (b *builder) sourceBack() {
	root := b.checkout
	in := func(dir, command string) string { return "(cd -- " + file(root+"/"+dir) + " && " + command + ")" }
	old := "uv sync"
	if runner(b.from.Version()) != "uv run" {
		old = "poetry install --no-root"
	}
	b.add(Rollback, "Stop the API, the workers, the beat and the web front end", "Nothing may write while the old state comes back.", "sudo systemctl stop "+units)
	b.restoreDump("last-", nil)
	b.add(Rollback, "Put uploads and files back", "", `tar -xzf "${BACKUP_DIR:?}"/storage.tgz -C `+file(root+"/api"), "git -C "+file(root)+" checkout --force "+quote(tag(b.hop.From)),
		`[ ! -s "${BACKUP_DIR:?}"/local-changes.patch ] || git -C `+file(root)+` apply "${BACKUP_DIR:?}"/local-changes.patch`,
		`cp -Rp -- "${BACKUP_DIR:?}"/files/. .`)
	b.add(Rollback, "Install and build the old release", "", in("api", old), in("web", "pnpm install --frozen-lockfile && pnpm build"))
	b.add(Rollback, "Start everything again", "", "sudo systemctl start "+units)
}
