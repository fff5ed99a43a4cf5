// Package geo has the geometry that dispatching needs: points on the earth,
// great-circle distances, geohash cells, and an exact in-memory index of moving
// points.
//
// Units are metres and degrees (WGS 84), latitude before longitude. There is
// one Earth radius, [EarthRadius], the one that Redis GEO uses, so that an
// answer from memory and an answer from Redis agree to the millimetre.
//
// An [Index] is written by some and read by others at the same time. None of
// its searches waits for a write, and each sees one instant. A car that reports
// every few seconds is put once and then moved by its [Handle], with the others
// that reported meanwhile, in one [Index.Move].
//
// The package is pure: no I/O, no clock, no log.
package geo
