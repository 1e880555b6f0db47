/// A decomposition that LAPACK could not make.
public enum LAPACKError: Error, Equatable, Sendable {
    /// The matrix holds NaN or an infinity; LAPACK may not return on such input.
    case notFinite(routine: String)
    /// The routine did not converge or refused an argument; `info` as LAPACK documents it.
    case failed(routine: String, info: Int)
    /// The shape does not fit the routine.
    case shape(routine: String, rows: Int, columns: Int)
}

/// Checks shared by the decompositions.
enum LAPACK {
    /// Throws when the matrix holds NaN or an infinity.
    static func requireFinite(_ matrix: Matrix<Double>, _ routine: String) throws {
        // The sum of x·0 is 0 for finite x and NaN otherwise: one pass without a branch per element.
        var probe = 0.0
        for value in matrix.elements { probe += value * 0 }
        guard probe == 0 else { throw LAPACKError.notFinite(routine: routine) }
    }

    /// Throws when a routine reports a failure.
    static func require(_ info: Int32, _ routine: String) throws {
        guard info == 0 else { throw LAPACKError.failed(routine: routine, info: Int(info)) }
    }
}
