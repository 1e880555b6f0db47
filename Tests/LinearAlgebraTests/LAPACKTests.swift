import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// `sin(phase + 1.7 i + 0.6 j + 0.1 i j)`; the reference script writes down the same.
private func grid(_ rows: Int, _ columns: Int, phase: Double) -> Matrix<Double> {
    var out = Matrix<Double>(rows: rows, columns: columns)
    for i in 0..<rows {
        for j in 0..<columns { out[i, j] = sin(phase + 1.7 * Double(i) + 0.6 * Double(j) + 0.1 * Double(i * j)) }
    }
    return out
}

private func identity(_ n: Int) -> [Double] { (0..<n * n).map { $0 / n == $0 % n ? 1 : 0 } }

@Suite("LAPACK decompositions")
struct LAPACKTests {
    @Test("singular values, eigenvalues and the QR diagonal agree with numpy")
    func reference() throws {
        let a = grid(5, 3, phase: 0.2)
        let values = try a.thinSVD().singularValues
        let wanted = [2.2604339564452984, 1.5043342589278696, 0.17844042675037128]
        let svd = compare(values, wanted, absolute: 1e-14, relative: 1e-13, name: "svd")
        #expect(svd.isClose, "\(svd)")
        #expect(try compare(a.thinSVD(vectors: false).singularValues, wanted, absolute: 1e-14, relative: 1e-13).isClose)
        let eigen = try Matrix.product(a, transposeA: true, a).symmetricEigen().values
        #expect(
            compare(
                eigen, [5.109561671450944, 2.2630215625840613, 0.031840985898855444], absolute: 1e-14, relative: 1e-12
            ).isClose)
        let r = try a.thinQR().r
        #expect(
            compare(
                (0..<3).map { abs(r[$0, $0]) }, [1.5016917752893357, 1.1320052348755056, 0.3569440808672785],
                absolute: 1e-14, relative: 1e-13
            ).isClose)
    }

    @Test(
        "factors multiply back and are orthonormal, wide and tall", arguments: [(7, 7), (9, 4), (4, 9), (1, 5), (5, 1)])
    func rebuild(_ shape: (Int, Int)) throws {
        let a = grid(shape.0, shape.1, phase: 0.7)
        let svd = try a.thinSVD()
        var scaled = svd.u
        for i in 0..<scaled.rows { for j in 0..<scaled.columns { scaled[i, j] *= svd.singularValues[j] } }
        #expect(
            compare(Matrix.product(scaled, svd.vTransposed).elements, a.elements, absolute: 1e-13, relative: 0).isClose)
        let k = min(shape.0, shape.1)
        let gram = Matrix.product(svd.u, transposeA: true, svd.u)
        #expect(compare(gram.elements, identity(k), absolute: 1e-13, relative: 0).isClose)
        guard shape.0 >= shape.1 else {
            #expect(throws: LAPACKError.shape(routine: "dgeqrf", rows: shape.0, columns: shape.1)) { try a.thinQR() }
            return
        }
        let qr = try a.thinQR()
        #expect(compare(Matrix.product(qr.q, qr.r).elements, a.elements, absolute: 1e-13, relative: 0).isClose)
        let orthonormal = Matrix.product(qr.q, transposeA: true, qr.q)
        #expect(compare(orthonormal.elements, identity(shape.1), absolute: 1e-13, relative: 0).isClose)
    }

    @Test("eigenvectors are rows and belong to their values")
    func eigenvectors() throws {
        let a = grid(6, 4, phase: 0.1)
        let symmetric = Matrix.product(a, transposeA: true, a)
        let eigen = try symmetric.symmetricEigen()
        let image = Matrix.product(eigen.vectors, symmetric)
        for i in 0..<4 {
            let scaled = eigen.vectors.row(i).map { $0 * eigen.values[i] }
            #expect(compare(Array(image.row(i)), scaled, absolute: 1e-13, relative: 0).isClose)
        }
        #expect(throws: LAPACKError.shape(routine: "dsyevd", rows: 6, columns: 4)) { try a.symmetricEigen() }
    }

    @Test("NaN is refused instead of handed to LAPACK, and empty matrices have empty factors")
    func hostile() throws {
        var a = grid(3, 3, phase: 0)
        a[1, 1] = .nan
        #expect(throws: LAPACKError.notFinite(routine: "dgesdd")) { try a.thinSVD() }
        #expect(throws: LAPACKError.notFinite(routine: "dsyevd")) { try a.symmetricEigen() }
        #expect(throws: LAPACKError.notFinite(routine: "dgeqrf")) { try a.thinQR() }
        #expect(try Matrix<Double>(rows: 0, columns: 3).thinSVD().singularValues.isEmpty)
    }
}
