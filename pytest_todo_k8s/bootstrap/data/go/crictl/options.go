package main

import "strings"

// options is a parsed command line; an option may stand before or after the command.
type options struct {
	values    map[string][]string
	arguments []string
}

// switches are the options that take no value.
var switches = map[string]bool{
	"a": true, "all": true, "q": true, "quiet": true, "f": true, "force": true, "follow": true,
	"v": true, "version": true, "no-trunc": true,
}

func parse(argv []string) options {
	o := options{values: map[string][]string{}}
	for i := 0; i < len(argv); i++ {
		if !strings.HasPrefix(argv[i], "-") || argv[i] == "-" {
			o.arguments = append(o.arguments, argv[i])
			continue
		}
		name, value, joined := strings.Cut(strings.TrimLeft(argv[i], "-"), "=")
		switch {
		case joined:
		case switches[name]:
			value = "true"
		case i+1 < len(argv):
			i++
			value = argv[i]
		}
		o.values[name] = append(o.values[name], value)
	}
	return o
}

// get returns the last value given under any of the names, or "".
func (o options) get(names ...string) string {
	for _, name := range names {
		if values := o.values[name]; len(values) > 0 {
			return values[len(values)-1]
		}
	}
	return ""
}

// has tells whether a switch was given under any of the names.
func (o options) has(names ...string) bool {
	for _, name := range names {
		if values := o.values[name]; len(values) > 0 && values[len(values)-1] != "false" {
			return true
		}
	}
	return false
}
