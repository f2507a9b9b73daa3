// Package gate holds the words and the engine of the deployment gate. It knows
// no file format, no protocol and nothing of Dify; the standard library and
// errgroup are all it needs.
//
// # The flow
//
//	gate.yaml, flags ──▶ []Check ──Run──▶ []Ran ──Assemble──▶ Report ──▶ renderers
//	                                               (Waive, Decide, RootCauses)
//
// A [Check] is a plain struct with one func; its Run yields a [Result]: the
// findings about the target, the evidence, or an error when it could not be
// decided. [Run] executes all checks at once and never lets one disturb another.
// [Assemble] applies severities and waivers, decides the verdict and names the
// root causes; it is pure, as are the functions it is made of. Only the command
// turns a [Verdict] into an exit code, and only renderers turn a [Report] into
// bytes.
//
// # Words
//
// A finding says something about the target; an error says that a check could
// not be carried out. A [Rule] is the documented thing that a finding reports.
// A check has an [Outcome], a run has a [Verdict]. Nothing that was unread,
// empty or unparsed ends in pass: it is a finding, an error, or skipped with a
// reason.
package gate
