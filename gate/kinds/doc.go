// Package kinds lists the kinds of checks, and makes those that nobody has to
// write.
//
// [Sections] are the lists under checks in gate.yaml, one a kind; Specs walks
// their entries and [Rules] every kind's rules, in the order of the fields.
// Adding a kind is adding a field.
//
// [Profile] makes the built-in checks from the target release, the operator's
// directory and the public address: files, public routes and browsers
// (profile.go), databases, Redis and Dify's own services (profile_services.go),
// and the vector store (health.go). profile_reach.go skips a server whose name
// only the compose network knows.
//
// [SurveyDir] reads the operator's directory for gate init.
package kinds
