package plan

import "strings"

// helmVariables name what no file of the operator's says.
func helmVariables(needsURL bool) []string {
	out := []string{
		`: "${NAMESPACE:?set it to the namespace of Dify}" "${RELEASE:?set it to the name of the Helm release (helm list)}" "${CHART:?set it to the chart, as REPO/NAME}"`,
		`: "${API:?set it to the name of the deployment of the api}" "${WORKERS:?set it to the names of the deployments of worker and beat, separated by blanks}"`,
		`: "${DB_POD:?set it to the pod of the database}"`,
	}
	if needsURL {
		out = append(out, `: "${DIFY_URL:?set it to the public address of Dify}"`)
	}
	return out
}

// helm writes the upgrade of a chart.
func (b *builder) helm() {
	to := tag(b.hop.To)
	values := " --values values.yaml"
	if b.d != nil {
		values = ""
		for _, f := range b.d.HelmFiles {
			values += " --values " + file(relative(b.abs, f))
		}
	}
	const kubectl = `kubectl --namespace "${NAMESPACE:?}" `
	b.add(During, "Find the version of the chart that has "+b.hop.To, "The version of the chart is not that of Dify: take the newest whose APP VERSION is "+to+", and set CHART_VERSION to it.",
		"helm repo update", `helm search repo "${CHART:?}" --versions | head -n 30`)
	b.add(During, "See what would change", "Images, variables, and what the patch set. The nodes pull the images when the pods start.",
		`helm --namespace "${NAMESPACE:?}" upgrade "${RELEASE:?}" "${CHART:?}" --version "${CHART_VERSION:?set it to the version found}"`+values+" --dry-run | less")
	b.add(During, "Stop what writes", "The downtime begins.", `for name in "${API:?}" ${WORKERS:?}; do `+kubectl+`scale "deployment/$name" --replicas 0; done`)
	b.lastDump()
	b.add(During, "Take snapshots of the persistent volumes", "Uploads, plugins, the vector store: with the tools of your storage class (VolumeSnapshot).", kubectl+"get persistentvolumeclaims")
	b.commandsStopped()
	migrates := strings.EqualFold(b.setting("MIGRATION_ENABLED", b.to.Release), "true")
	b.add(During, "Upgrade the release", b.startWhy(migrates),
		`helm --namespace "${NAMESPACE:?}" upgrade "${RELEASE:?}" "${CHART:?}" --version "${CHART_VERSION:?}"`+values+" --timeout 15m --wait",
		kubectl+`rollout status "deployment/${API:?}" --timeout 15m`)
	if !migrates {
		b.add(During, "Migrate the database"+b.migrations(), "MIGRATION_ENABLED is not true here: no pod does it by itself.",
			kubectl+`exec "deployment/${API:?}" -- `+runner(b.to.Version())+" flask db upgrade", kubectl+`rollout restart "deployment/${API:?}"`)
	} else {
		b.add(During, "See that the database was migrated", b.migratedWhy(), kubectl+`logs "deployment/${API:?}" --all-containers --since 60m | grep -iE 'migration|alembic|revision'`)
	}
	b.commandsAfter()
}

// helmBack writes the way back of a chart.
func (b *builder) helmBack() {
	const kubectl = `kubectl --namespace "${NAMESPACE:?}" `
	b.add(Rollback, "Stop what writes", "Nothing may write while the old state comes back.", `for name in "${API:?}" ${WORKERS:?}; do `+kubectl+`scale "deployment/$name" --replicas 0; done`)
	b.restoreDump("last-", b.inDatabase(nil))
	b.add(Rollback, "Restore the snapshots of the persistent volumes", "The vector store and the plugins may not read back what the new release wrote.")
	b.add(Rollback, "Go back to the revision before", "Helm keeps the values and images of each revision; the database must be restored first.",
		`helm --namespace "${NAMESPACE:?}" history "${RELEASE:?}"`, `helm --namespace "${NAMESPACE:?}" rollback "${RELEASE:?}" --wait --timeout 15m`)
}
