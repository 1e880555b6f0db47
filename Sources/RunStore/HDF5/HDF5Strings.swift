import CHDF5
import FileSupport
import Foundation

extension HDF5Dataset {
    /// Reads all texts.
    package func readStrings() throws -> [String] {
        guard try kind() == .string else {
            throw HDF5Error(
                operation: "read texts from", path: place,
                frames: [.init(function: "H5Dread", message: "the dataset holds no texts", kind: "")])
        }
        guard count > 0 else { return [] }
        let type = try HDF5Types.string(place)
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
        return try HDF5Library.locked {
            try HDF5Library.call("read", place) {
                H5Dread(id, type.id, ds_h5_all(), ds_h5_all(), ds_h5_default(), &pointers)
            }
            let texts = pointers.map { $0.map { String(cString: $0) } ?? "" }
            // The library allocated each text.
            let space = try HDF5Handle(.space, "read the shape of", place) { H5Dget_space(id) }
            try HDF5Library.call("release the texts of", place) {
                H5Dvlen_reclaim(type.id, space.id, ds_h5_default(), &pointers)
            }
            return texts
        }
    }

    /// Reads all yes-or-no values.
    package func readBools() throws -> [Bool] {
        guard try kind() == .bool else {
            throw HDF5Error(
                operation: "read yes or no from", path: place,
                frames: [.init(function: "H5Dread", message: "the dataset holds no booleans", kind: "")])
        }
        guard count > 0 else { return [] }
        let type = try HDF5Types.bool(place)
        var values = [Int8](repeating: 0, count: count)
        try HDF5Library.call("read", place) {
            H5Dread(id, type.id, ds_h5_all(), ds_h5_all(), ds_h5_default(), &values)
        }
        return values.map { $0 != 0 }
    }
}

extension HDF5Group {
    /// Writes texts as a dataset of a shape: no axes for a scalar.
    ///
    /// - Throws: `InputError` for a text with a NUL, which the format would cut off there.
    @discardableResult
    func write(_ name: String, _ texts: [String], shape: [Int]) throws -> HDF5Dataset {
        let type = try HDF5Types.string(place(name))
        let dataset = try createDataset(
            name, type: type.id, elementSize: MemoryLayout<UnsafePointer<CChar>?>.size, shape: shape, isText: true)
        guard !texts.isEmpty else { return dataset }
        try Self.withCStrings(texts, place(name)) { pointers in
            _ = try HDF5Library.call("write", place(name)) {
                H5Dwrite(dataset.id, type.id, ds_h5_all(), ds_h5_all(), ds_h5_default(), pointers)
            }
        }
        return dataset
    }

    /// Writes yes-or-no values as a one-axis dataset.
    @discardableResult
    func write(_ name: String, _ values: [Bool]) throws -> HDF5Dataset {
        let type = try HDF5Types.bool(place(name))
        let dataset = try createDataset(name, type: type.id, elementSize: 1, shape: [values.count])
        guard !values.isEmpty else { return dataset }
        let bytes = values.map { Int8($0 ? 1 : 0) }
        try HDF5Library.call("write", place(name)) {
            H5Dwrite(dataset.id, type.id, ds_h5_all(), ds_h5_all(), ds_h5_default(), bytes)
        }
        return dataset
    }

    /// Hands out all texts as C strings that lie one after another in one buffer.
    static func withCStrings(
        _ texts: [String], _ place: String, _ body: (UnsafePointer<UnsafePointer<UInt8>?>) throws -> Void
    ) throws {
        var bytes: [UInt8] = []
        var starts: [Int] = []
        bytes.reserveCapacity(texts.reduce(0) { $0 + $1.utf8.count + 1 })
        for (index, text) in texts.enumerated() {
            starts.append(bytes.count)
            guard !text.utf8.contains(0) else {
                throw InputError(
                    "text \(index) holds a NUL, which HDF5 texts cannot keep", at: place,
                    remedy: "remove it or store bytes")
            }
            bytes.append(contentsOf: text.utf8)
            bytes.append(0)
        }
        try bytes.withUnsafeBufferPointer { buffer in
            let pointers: [UnsafePointer<UInt8>?] = starts.map { start in buffer.baseAddress.map { $0 + start } }
            try pointers.withUnsafeBufferPointer { list in
                if let base = list.baseAddress { try body(base) }
            }
        }
    }
}
