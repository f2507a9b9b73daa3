// Command empty does nothing: what any program in Go costs to start.
package main

func main() {}
