// Package osm makes a road graph for cars of an OpenStreetMap extract in the
// format PBF (.osm.pbf), as Geofabrik and others give them out.
//
// [Import] reads the file twice: first the ways, to choose the streets that a car
// may use, then the nodes that these streets are made of. Every node of a used
// way becomes a node of the graph, so that streets have their true length, are
// drawn as they bend, and points snap to where they are. What remains is the
// largest part in which every place can be reached from every other.
//
// The rules, each in a file of its own:
//
//   - which classes of streets are used, and how fast they are driven without a
//     posted limit: class.go
//   - who may use them: access.go
//   - in which direction: oneway.go
//   - posted limits: maxspeed.go, and what is driven where one is posted: speed.go
//   - barriers, signals and stop signs on nodes: point.go
//
// Turn restrictions are not applied: a way may turn where a sign forbids it. Tags
// that hold at some hours only (…:conditional) are not read. An extract is taken
// as it is: a street whose end is missing from it ends where its nodes do.
//
// The format is read here, with [google.golang.org/protobuf/encoding/protowire]
// for its varints: a damaged or hostile file must end in an error, whatever it
// holds, and no block of it may take more memory than a block may.
package osm
