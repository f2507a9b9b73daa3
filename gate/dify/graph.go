package dify

import (
	"slices"

	"github.com/dify-gate/dify-gate/gate"
)

// Graph is what the parts of a Dify deployment depend on, for
// [gate.RunInfo]. The component release means "not the version that was to be
// deployed", app a run of an app or the indexing of a document, proxy whatever
// receives the requests first. Source: the compose file and the code of Dify.
func Graph() gate.Graph {
	down := []gate.Symptom{gate.SymptomDown}
	server := []gate.Symptom{gate.SymptomServerError}
	broken := []gate.Symptom{gate.SymptomDown, gate.SymptomServerError}
	misroutes, routed := []gate.Symptom{gate.SymptomMisroutes}, []gate.Symptom{gate.SymptomNotRouted}
	old := []gate.Symptom{gate.SymptomOldRelease}
	graph := gate.Graph{
		{Cause: "postgres", Own: down, Effect: "api", Symptoms: server},
		{Cause: "mysql", Own: down, Effect: "api", Symptoms: server},
		{Cause: "migration", Own: slices.Concat(down, old), Effect: "api", Symptoms: server},
		{Cause: "redis", Own: down, Effect: "api", Symptoms: []gate.Symptom{gate.SymptomServerError, gate.SymptomLoginRefused}},
		{Cause: "release", Own: old, Effect: "api", Symptoms: old},
		{Cause: "postgres", Own: down, Effect: "migration", Symptoms: down},
		{Cause: "mysql", Own: down, Effect: "migration", Symptoms: down},
		{Cause: "release", Own: old, Effect: "migration", Symptoms: old},
		{Cause: "redis", Own: down, Effect: "celery", Symptoms: down},
		{Cause: "release", Own: old, Effect: "plugin_daemon", Symptoms: old},
	}
	for _, effect := range []string{"api", "web", "plugin_daemon", "app"} {
		graph = append(graph, gate.Explanation{Cause: "proxy", Own: misroutes, Effect: effect, Symptoms: routed})
	}
	// An app runs through all of them: its nodes call models in the plugin
	// daemon and code in the sandbox, and its run is queued. A plugin daemon that
	// is too old or down explains none of the API's own errors: the endpoints that
	// are probed do not call it.
	for _, cause := range []string{"api", "postgres", "mysql", "migration", "redis", "celery", "plugin_daemon", "sandbox", "vector_store"} {
		own := broken
		if cause == "plugin_daemon" || cause == "migration" {
			own = slices.Concat(broken, old)
		}
		graph = append(graph, gate.Explanation{Cause: cause, Own: own, Effect: "app", Symptoms: broken})
	}
	return graph
}
