import CHDF5
import FileSupport
import Testing

/// A change to numbers of a run.h5 as another program would make it.
enum HDF5Change {
    /// Adds to the first number of a dataset of floats.
    ///
    /// - Parameter rehashed: whether the dataset gets the hash of its new content.
    static func add(_ number: Float, to path: String, of file: String, rehashed: Bool) throws {
        let file = H5Fopen(file, 1, ds_h5_default())
        try #require(file >= 0)
        defer { _ = ds_h5_close_file(file) }
        let dataset = H5Dopen2(file, path, ds_h5_default())
        try #require(dataset >= 0)
        defer { H5Dclose(dataset) }
        let space = H5Dget_space(dataset)
        defer { H5Sclose(space) }
        var values = [Float](repeating: 0, count: Int(H5Sget_simple_extent_npoints(space)))
        let (all, standard) = (ds_h5_all(), ds_h5_default())
        try #require(H5Dread(dataset, ds_h5_native_float(), all, all, standard, &values) >= 0)
        values[0] += number
        try #require(H5Dwrite(dataset, ds_h5_native_float(), all, all, standard, values) >= 0)
        guard rehashed else { return }
        let attribute = H5Aopen(dataset, "sha256", standard)
        let type = H5Aget_type(attribute)
        defer { for id in [H5Aclose(attribute), H5Tclose(type)] where id < 0 { Issue.record("not closed") } }
        let isWritten = values.withUnsafeBytes { SHA256Hex.of($0) }.withCString { text in
            var pointer: UnsafePointer<CChar>? = text
            return H5Awrite(attribute, type, &pointer)
        }
        try #require(isWritten >= 0)
    }
}
