// Package slo holds the kind slo: it compares latency and error rates with
// objectives.
//
// An entry names one of three sources. Each of them makes a gate.Check and ends
// in the same comparison:
//
//	url        ──▶ sample.go      sends requests at a fixed rate ─┐
//	access_log ──▶ log.go         reads access logs              ─┼─▶ figures ──▶ objectives.decide
//	prometheus ──▶ prometheus.go  asks for the same figures      ──▶ objectives.figure, one by one
//
// slo.go holds the entry with its defaults and validation, figures.go the
// figures, the comparison and the evidence, rules.go the rules.
package slo
