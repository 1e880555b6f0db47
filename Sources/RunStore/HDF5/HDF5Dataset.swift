import CHDF5

/// A dataset of an open file.
package final class HDF5Dataset {
    /// What a dataset holds, as far as this library tells it apart.
    package enum Kind: Equatable {
        case float, double, int32, int64, bytes, bool, string, other
    }

    /// Bytes of one chunk: under the library's cache of 1 MiB, and whole rows, so that a row is read at once.
    static let chunkBytes = 768 * 1024

    /// The sizes of its axes, empty for a scalar.
    package let shape: [Int]
    /// File and path, for errors.
    let place: String
    private let handle: HDF5Handle
    private let file: HDF5File
    /// The library's identifier.
    var id: Int64 { handle.id }

    init(_ handle: consuming HDF5Handle, shape: [Int], place: String, file: HDF5File) {
        self.handle = consume handle
        self.shape = shape
        self.place = place
        self.file = file
    }

    /// Number of elements.
    package var count: Int { shape.reduce(1, *) }

    /// What it holds.
    package func kind() throws -> Kind {
        let type = try HDF5Handle(.type, "read the type of", place) { H5Dget_type(id) }
        return HDF5Library.locked {
            let size = H5Tget_size(type.id)
            switch H5Tget_class(type.id) {
            case H5T_FLOAT: return size == 4 ? .float : size == 8 ? .double : .other
            case H5T_INTEGER: return size == 8 ? .int64 : size == 4 ? .int32 : size == 1 ? .bytes : .other
            case H5T_ENUM: return size == 1 ? .bool : .other
            case H5T_STRING: return H5Tis_variable_str(type.id) > 0 ? .string : .other
            default: return .other
            }
        }
    }

    /// Reads all elements.
    package func read<Element: HDF5Element>(_: Element.Type) throws -> [Element] {
        try requireNumbers()
        var values = [Element](repeating: .zero, count: count)
        guard count > 0 else { return values }
        try values.withUnsafeMutableBytes { memory in
            _ = try HDF5Library.call("read", place) {
                H5Dread(id, Element.memoryType, ds_h5_all(), ds_h5_all(), ds_h5_default(), memory.baseAddress)
            }
        }
        return values
    }

    /// Reads rows, that is indices of the first axis, straight into memory of `rows.count` times the row's size.
    package func read<Element: HDF5Element>(
        rows: Range<Int>, into memory: UnsafeMutableBufferPointer<Element>
    ) throws {
        try requireNumbers()
        precondition(memory.count == rows.count * count / max(shape[0], 1), "memory for \(rows.count) rows")
        guard !memory.isEmpty else { return }
        let fileSpace = try selection(rows)
        let memorySpace = try Self.space([memory.count], place)
        try HDF5Library.call("read", place) {
            H5Dread(id, Element.memoryType, memorySpace.id, fileSpace.id, ds_h5_default(), memory.baseAddress)
        }
    }

    func write<Element: HDF5Element>(_ memory: UnsafeBufferPointer<Element>) throws {
        precondition(memory.count == count)
        guard count > 0 else { return }
        try HDF5Library.call("write", place) {
            H5Dwrite(id, Element.memoryType, ds_h5_all(), ds_h5_all(), ds_h5_default(), memory.baseAddress)
        }
    }

    /// Writes rows, that is indices of the first axis.
    func write<Element: HDF5Element>(rows: Range<Int>, _ memory: UnsafeBufferPointer<Element>) throws {
        guard !memory.isEmpty else { return }
        let fileSpace = try selection(rows)
        let memorySpace = try Self.space([memory.count], place)
        try HDF5Library.call("write", place) {
            H5Dwrite(id, Element.memoryType, memorySpace.id, fileSpace.id, ds_h5_default(), memory.baseAddress)
        }
    }

    /// Converting a text or an enumeration into numbers would be a mistake of the file's maker or of ours.
    private func requireNumbers() throws {
        switch try kind() {
        case .string, .bool, .other:
            throw HDF5Error(
                operation: "read numbers from", path: place,
                frames: [.init(function: "H5Dread", message: "the dataset holds no numbers", kind: "")])
        default: break
        }
    }

    private func selection(_ rows: Range<Int>) throws -> HDF5Handle {
        precondition(!shape.isEmpty && rows.lowerBound >= 0 && rows.upperBound <= shape[0], "rows \(rows) of \(shape)")
        let space = try HDF5Handle(.space, "select rows of", place) { H5Dget_space(id) }
        let start = [hsize_t(rows.lowerBound)] + [hsize_t](repeating: 0, count: shape.count - 1)
        let size = [hsize_t(rows.count)] + shape.dropFirst().map { hsize_t($0) }
        try HDF5Library.call("select rows of", place) {
            H5Sselect_hyperslab(space.id, H5S_SELECT_SET, start, nil, size, nil)
        }
        return space
    }

    /// A dataspace of a shape; a scalar for no axes.
    static func space(_ shape: [Int], _ place: String) throws -> HDF5Handle {
        if shape.isEmpty { return try HDF5Handle(.space, "shape", place) { H5Screate(H5S_SCALAR) } }
        let sizes = shape.map { hsize_t($0) }
        return try HDF5Handle(.space, "shape", place) { H5Screate_simple(Int32(shape.count), sizes, nil) }
    }

    /// The chunk for a shape: as many whole rows as fit ``chunkBytes``, cut along the last axes only when one row of
    /// the innermost axis is larger than that.
    static func chunk(_ shape: [Int], elementSize: Int) -> [Int] {
        var left = max(1, chunkBytes / elementSize)
        var chunk = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.reversed() {
            chunk[axis] = max(1, min(shape[axis], left))
            left /= chunk[axis]
        }
        return chunk
    }
}

extension HDF5Group {
    /// Opens a dataset.
    package func dataset(_ name: String) throws -> HDF5Dataset {
        let handle = try HDF5Handle(.dataset, "open dataset", place(name)) { H5Dopen2(id, name, ds_h5_default()) }
        let space = try HDF5Handle(.space, "read the shape of", place(name)) { H5Dget_space(handle.id) }
        let rank = try HDF5Library.call("read the shape of", place(name)) { H5Sget_simple_extent_ndims(space.id) }
        var sizes = [hsize_t](repeating: 0, count: max(Int(rank), 1))
        try HDF5Library.call("read the shape of", place(name)) {
            H5Sget_simple_extent_dims(space.id, &sizes, nil)
        }
        return HDF5Dataset(
            handle, shape: sizes.prefix(Int(rank)).map(Int.init), place: place(name), file: file)
    }

    /// Creates a dataset of numbers without content.
    func createDataset<Element: HDF5Element>(_ name: String, _: Element.Type, shape: [Int]) throws -> HDF5Dataset {
        try createDataset(name, type: Element.diskType, elementSize: MemoryLayout<Element>.size, shape: shape)
    }

    /// Creates a dataset of a given type: chunked when it is larger than one chunk, otherwise in one piece.
    ///
    /// No fill value is written, no clock is kept, and nothing is compressed.
    /// Texts keep the library's fill value, since it refuses variable length without one.
    func createDataset(
        _ name: String, type: Int64, elementSize: Int, shape: [Int], isText: Bool = false
    ) throws -> HDF5Dataset {
        let place = place(name)
        let space = try HDF5Dataset.space(shape, place)
        let properties = try HDF5Handle(.properties, "prepare dataset", place) { H5Pcreate(ds_h5_dataset_create()) }
        try HDF5Library.call("prepare dataset", place) { H5Pset_obj_track_times(properties.id, false) }
        if !isText {
            try HDF5Library.call("prepare dataset", place) { H5Pset_fill_time(properties.id, H5D_FILL_TIME_NEVER) }
        }
        if shape.reduce(elementSize, *) > HDF5Dataset.chunkBytes {
            let chunk = HDF5Dataset.chunk(shape, elementSize: elementSize).map { hsize_t($0) }
            try HDF5Library.call("prepare dataset", place) {
                H5Pset_chunk(properties.id, Int32(chunk.count), chunk)
            }
        }
        let links = try linkProperties()
        let handle = try HDF5Handle(.dataset, "create dataset", place) {
            H5Dcreate2(id, name, type, space.id, links.id, properties.id, ds_h5_default())
        }
        return HDF5Dataset(handle, shape: shape, place: place, file: file)
    }
}
