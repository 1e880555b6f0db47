import CHDF5

extension HDF5Dataset {
    func readStrings() throws -> [String] {
        guard try kind() == .string else {
            throw HDF5Error("read texts from", place, because: "the dataset holds no texts")
        }
        let space = try HDF5Handle(.space, "read the shape of", place) { H5Dget_space(id) }
        return try HDF5Types.readStrings(count, of: space, place) {
            H5Dread(id, $0, ds_h5_all(), ds_h5_all(), ds_h5_default(), $1)
        }
    }

    func readBools() throws -> [Bool] {
        guard try kind() == .bool else {
            throw HDF5Error("read yes or no from", place, because: "the dataset holds no booleans")
        }
        guard count > 0 else { return [] }
        let type = try HDF5Types.bool(place)
        var values = [Int8](repeating: 0, count: count)
        try HDF5Library.call("read", place) { H5Dread(id, type.id, ds_h5_all(), ds_h5_all(), ds_h5_default(), &values) }
        return values.map { $0 != 0 }
    }
}

extension HDF5Group {
    /// Writes texts as a dataset of a shape: no axes for a scalar.
    ///
    /// - Throws: `InputError` for a text with a NUL, which the format would cut off there.
    func write(_ name: String, _ texts: [String], shape: [Int]) throws -> HDF5Dataset {
        let type = try HDF5Types.string(place(name))
        let dataset = try createDataset(
            name, type: type.id, elementSize: MemoryLayout<UnsafePointer<CChar>?>.size, shape: shape, isText: true)
        guard !texts.isEmpty else { return dataset }
        _ = try HDF5Types.withCStrings(texts, place(name)) { pointers in
            try HDF5Library.call("write", place(name)) {
                H5Dwrite(dataset.id, type.id, ds_h5_all(), ds_h5_all(), ds_h5_default(), pointers)
            }
        }
        return dataset
    }

    /// Writes yes-or-no values as a one-axis dataset.
    func write(_ name: String, _ values: [Bool]) throws -> HDF5Dataset {
        let type = try HDF5Types.bool(place(name))
        let dataset = try createDataset(name, type: type.id, elementSize: 1, shape: [values.count])
        guard !values.isEmpty else { return dataset }
        try HDF5Library.call("write", place(name)) {
            H5Dwrite(dataset.id, type.id, ds_h5_all(), ds_h5_all(), ds_h5_default(), values.map { Int8($0 ? 1 : 0) })
        }
        return dataset
    }
}
