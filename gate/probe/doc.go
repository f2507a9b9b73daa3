// Package probe holds how the gate talks to servers.
//
// A [Network] dials for every check, so that --resolve, certificates and proxies
// hold everywhere. Three things stand on it: [Exchange] sends an HTTP request
// and reads the answer within limits (exchange.go), [InspectTLS] describes a
// certificate, trusted or not (inspect.go), and a [Peer] is the connection of a
// driver for another protocol, which remembers what the server said (peer.go).
//
// What fails is sorted: [Classify] makes a [Failure] of a network error
// (failure.go), and [Peer.Unreachable] a [PeerFailure], with the [Reason] that a
// kind maps to one of its rules. No credential leaves for another host
// (credentials.go).
package probe
