// Package firewall tells from a dump of a host's packet filter whether a new TCP
// connection gets through: iptables-save, nft list ruleset, ufw status and
// firewall-cmd --list-all. It knows no rules of the gate.
//
//	Parse(text) ──▶ Ruleset ──Decide(Packet)──▶ Answer{Open | Blocked | Unknown, the rule that decides}
//
// iptables and nft are read into the same shape: base chains on hooks, each with
// rules of conditions and a verdict. A condition that cannot be decided from a
// dump (a mark, a rate limit, an interface nobody named) is followed both ways;
// when both ends agree that is the answer, else the answer is Unknown and names
// the condition.
//
// A question from a whole network ("0.0.0.0/0") is asked for an address of it
// that no narrower prefix of the rules names, so that a banned host or an
// allowed office does not stand for everybody.
package firewall
