import CHDF5
import Foundation
import RunStore

/// What HDF5 can do and we never write, put into a file in the place of a dataset.
public enum ForeignContent: String, CaseIterable, Sendable {
    case externalStorage, virtual, filter, externalLink, softLink, cycle, unstored, noShape

    /// What the error says of it.
    public var words: String {
        switch self {
        case .externalStorage: "a dataset whose content lies in other files"
        case .virtual: "a virtual dataset"
        case .filter: "content behind a filter"
        case .externalLink: "a link to "
        case .softLink: "a soft link"
        case .cycle: "groups inside each other"
        case .unstored: "for which the file does not hold enough bytes"
        case .noShape: "it has none"
        }
    }

    /// Puts it in the place of a dataset.
    ///
    /// - Parameter secret: the other file to which it points.
    public func put(at path: String, of file: String, secret: String) throws {
        let isDone = HDF5Library.locked { () -> Bool in
            let handle = H5Fopen(file, 1, ds_h5_default())
            defer { _ = ds_h5_close_file(handle) }
            guard handle >= 0, H5Ldelete(handle, path, ds_h5_default()) >= 0 else { return false }
            let group = (path as NSString).deletingLastPathComponent
            switch self {
            case .externalLink:
                return H5Lcreate_external(secret, "/content", handle, path, ds_h5_default(), ds_h5_default()) >= 0
            case .softLink: return H5Lcreate_soft("/", handle, path, ds_h5_default(), ds_h5_default()) >= 0
            case .cycle:
                return H5Lcreate_hard(handle, group, handle, path, ds_h5_default(), ds_h5_default()) >= 0
            case .externalStorage, .virtual, .filter, .unstored, .noShape: return create(path, in: handle, secret)
            }
        }
        guard isDone else { throw CocoaError(.fileWriteUnknown) }
    }

    private func create(_ path: String, in file: hid_t, _ secret: String) -> Bool {
        let properties = H5Pcreate(ds_h5_dataset_create())
        defer { H5Pclose(properties) }
        var size: [hsize_t] = [self == .unstored ? 1 << 40 : 8]
        let space = self == .noShape ? H5Screate(H5S_NULL) : H5Screate_simple(1, &size, nil)
        defer { H5Sclose(space) }
        switch self {
        case .externalStorage: H5Pset_external(properties, secret, 0, 8)
        case .virtual: H5Pset_virtual(properties, space, secret, "/x", space)
        case .filter:
            H5Pset_chunk(properties, 1, &size)
            H5Pset_deflate(properties, 1)
        case .unstored:
            var chunk: [hsize_t] = [1 << 16]
            H5Pset_chunk(properties, 1, &chunk)
        default: break
        }
        let dataset = H5Dcreate2(
            file, path, ds_h5_std_u8le(), space, ds_h5_default(), properties, ds_h5_default())
        return dataset >= 0 && H5Dclose(dataset) >= 0
    }
}
