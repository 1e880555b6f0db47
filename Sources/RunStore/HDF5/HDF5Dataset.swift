import CHDF5

package final class HDF5Dataset {
    /// What a dataset holds, as far as this library tells it apart.
    enum Kind { case float, double, int32, int64, bytes, bool, string, other }

    /// Bytes of one chunk: under the library's cache of 1 MiB, and whole rows, so that a row is read at once.
    static let chunkBytes = 768 * 1024

    /// The sizes of its axes, empty for a scalar.
    let shape: [Int]
    package let place: String
    private let handle: HDF5Handle
    private let file: HDF5File
    package var id: Int64 { handle.id }

    init(_ handle: consuming HDF5Handle, shape: [Int], place: String, file: HDF5File) {
        self.handle = consume handle
        (self.shape, self.place, self.file) = (shape, place, file)
    }

    var count: Int { shape.reduce(1, *) }

    func kind() throws -> Kind {
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

    func read<Element: HDF5Element>(_: Element.Type) throws -> [Element] {
        var values = [Element](repeating: .zero, count: count)
        try values.withUnsafeMutableBufferPointer { try read(into: $0) }
        return values
    }

    /// Reads rows, that is indices of the first axis, or everything, straight into memory of that size.
    func read<Element: HDF5Element>(rows: Range<Int>? = nil, into memory: UnsafeMutableBufferPointer<Element>) throws {
        // Converting a text or an enumeration into numbers would be a mistake of the file's maker or of ours.
        guard ![.string, .bool, .other].contains(try kind()) else {
            throw HDF5Error("read numbers from", place, because: "the dataset holds no numbers")
        }
        try transfer("read", rows, memory.count) {
            H5Dread(id, Element.types.memory, $0, $1, ds_h5_default(), memory.baseAddress)
        }
    }

    /// Writes rows, that is indices of the first axis, or everything.
    func write<Element: HDF5Element>(rows: Range<Int>? = nil, _ memory: UnsafeBufferPointer<Element>) throws {
        try transfer("write", rows, memory.count) {
            H5Dwrite(id, Element.types.memory, $0, $1, ds_h5_default(), memory.baseAddress)
        }
    }

    /// Moves `size` elements between the file and memory, unless there are none.
    ///
    /// - Parameter body: takes the spaces in memory and in the file.
    private func transfer(
        _ operation: String, _ rows: Range<Int>?, _ size: Int, _ body: (hid_t, hid_t) -> herr_t
    ) throws {
        precondition(size == (rows.map { $0.count * count / max(shape[0], 1) } ?? count), "memory of \(size) numbers")
        guard size > 0 else { return }
        guard let rows else {
            try HDF5Library.call(operation, place) { body(ds_h5_all(), ds_h5_all()) }
            return
        }
        let selected = try selection(rows)
        let memory = try Self.space([size], place)
        try HDF5Library.call(operation, place) { body(memory.id, selected.id) }
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

    /// The sizes of a dataspace's axes.
    ///
    /// - Throws: ``HDF5Error`` for a space without a shape, and for a size that no memory has.
    static func shape(of space: borrowing HDF5Handle, _ place: String) throws -> [Int] {
        let id = space.id
        let kind = HDF5Library.locked { H5Sget_simple_extent_type(id) }
        guard [H5S_SIMPLE, H5S_SCALAR].contains(kind) else {
            throw HDF5Error("read the shape of", place, because: "it has none")
        }
        let rank = Int(try HDF5Library.call("read the shape of", place) { H5Sget_simple_extent_ndims(id) })
        var sizes = [hsize_t](repeating: 0, count: max(rank, 1))
        try HDF5Library.call("read the shape of", place) { H5Sget_simple_extent_dims(id, &sizes, nil) }
        return try sizes.prefix(rank).map {
            guard let size = Int(exactly: $0) else {
                throw HDF5Error("read the shape of", place, because: "an axis of \($0) elements")
            }
            return size
        }
    }

    /// The bytes of the elements of a shape, an axis without any counted as one; nil where they are too many for a number.
    static func product(_ shape: [Int], _ elementSize: Int) -> Int? {
        shape.reduce(elementSize) { product, axis in
            guard let (whole, overflow) = product?.multipliedReportingOverflow(by: max(axis, 1)) else { return nil }
            return overflow ? nil : whole
        }
    }

    /// A dataspace of a shape; a scalar for no axes.
    static func space(_ shape: [Int], _ place: String) throws -> HDF5Handle {
        try HDF5Handle(.space, "shape", place) {
            shape.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(shape.count), shape.map { hsize_t($0) }, nil)
        }
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
    package func dataset(_ name: String) throws -> HDF5Dataset {
        let place = place(name)
        let handle = try HDF5Handle(.dataset, "open dataset", place) { H5Dopen2(id, name, ds_h5_default()) }
        let space = try HDF5Handle(.space, "read the shape of", place) { H5Dget_space(handle.id) }
        return HDF5Dataset(handle, shape: try HDF5Dataset.shape(of: space, place), place: place, file: file)
    }

    /// Creates a dataset of numbers without content.
    func createDataset<Element: HDF5Element>(_ name: String, _: Element.Type, shape: [Int]) throws -> HDF5Dataset {
        try createDataset(name, type: Element.types.disk, elementSize: MemoryLayout<Element>.size, shape: shape)
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
            try HDF5Library.call("prepare dataset", place) { H5Pset_chunk(properties.id, Int32(chunk.count), chunk) }
        }
        let links = try linkProperties()
        let handle = try HDF5Handle(.dataset, "create dataset", place) {
            H5Dcreate2(id, name, type, space.id, links.id, properties.id, ds_h5_default())
        }
        return HDF5Dataset(handle, shape: shape, place: place, file: file)
    }
}
