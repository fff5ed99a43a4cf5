package wire

// Place is somewhere that people know by a name or an address.
type Place struct {
	Name   string  `json:"name"`
	Detail string  `json:"detail" doc:"street, town, country: whatever tells it from others of the name"`
	Lat    float64 `json:"lat"`
	Lon    float64 `json:"lon"`
}
