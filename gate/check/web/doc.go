// Package web holds the kinds that send requests to the deployment, as browsers,
// API clients and operators do:
//
//	http     one request and what its answer has to be
//	auth     whether an endpoint refuses whom it should, and its cookies and clock
//	cors     what scripts of other origins may do
//	app      one run of an app through the service API
//	dataset  the list of knowledge bases, and a search in one
//	openapi  whether documented operations exist
//	tracing  whether a trace is carried on and exported
//	tcp      whether an address accepts connections
//	tls      whether a certificate is trusted and lasts
//
// A file of the kind's name has the entry, its validation and its run; KIND_*.go
// has parts of the run, and KIND_rules.go the rules where there are many. All
// kinds send by the network of check.Env, most of them through probe.Exchange,
// and answer with findings that say who answered and, by gate/explain, why.
// Only app and dataset make the deployment do something: they run where a key was
// given.
package web
