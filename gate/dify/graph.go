package dify

import "github.com/dify-gate/dify-gate/gate"

// Graph is what the parts of a Dify deployment depend on, for
// [gate.RunInfo]. The component release means "not the version that was to be
// deployed", app a run of an app or the indexing of a document, proxy whatever
// receives the requests first. Source: the compose file and the code of Dify.
func Graph() gate.Graph {
	server := []gate.Symptom{gate.SymptomServerError}
	down := []gate.Symptom{gate.SymptomDown}
	broken := []gate.Symptom{gate.SymptomDown, gate.SymptomServerError}
	routed := []gate.Symptom{gate.SymptomNotRouted}
	old := []gate.Symptom{gate.SymptomOldRelease}
	return gate.Graph{
		{Cause: "postgres", Effect: "api", Symptoms: server},
		{Cause: "mysql", Effect: "api", Symptoms: server},
		{Cause: "migration", Effect: "api", Symptoms: server},
		{Cause: "redis", Effect: "api", Symptoms: []gate.Symptom{gate.SymptomServerError, gate.SymptomLoginRefused}},
		{Cause: "plugin_daemon", Effect: "api", Symptoms: server},
		{Cause: "release", Effect: "api", Symptoms: old},
		{Cause: "postgres", Effect: "migration", Symptoms: down},
		{Cause: "mysql", Effect: "migration", Symptoms: down},
		{Cause: "release", Effect: "migration", Symptoms: old},
		{Cause: "redis", Effect: "celery", Symptoms: down},
		{Cause: "proxy", Effect: "api", Symptoms: routed},
		{Cause: "proxy", Effect: "web", Symptoms: routed},
		{Cause: "proxy", Effect: "plugin_daemon", Symptoms: routed},
		{Cause: "release", Effect: "plugin_daemon", Symptoms: old},
		// An app runs through all of them: its nodes call models in the plugin
		// daemon and code in the sandbox, and its run is queued.
		{Cause: "api", Effect: "app", Symptoms: broken},
		{Cause: "postgres", Effect: "app", Symptoms: broken},
		{Cause: "mysql", Effect: "app", Symptoms: broken},
		{Cause: "migration", Effect: "app", Symptoms: broken},
		{Cause: "redis", Effect: "app", Symptoms: broken},
		{Cause: "celery", Effect: "app", Symptoms: broken},
		{Cause: "plugin_daemon", Effect: "app", Symptoms: broken},
		{Cause: "sandbox", Effect: "app", Symptoms: broken},
		{Cause: "vector_store", Effect: "app", Symptoms: broken},
		{Cause: "proxy", Effect: "app", Symptoms: routed},
	}
}
