/// A dense matrix in row-major order.
public struct Matrix<Scalar: BinaryFloatingPoint & Sendable>: Equatable, Sendable {
    /// Number of rows.
    public let rows: Int
    /// Number of columns.
    public let columns: Int
    /// The elements, `(rows, columns)` row by row.
    public var elements: [Scalar]

    /// A matrix of zeros.
    public init(rows: Int, columns: Int) {
        self.init(rows: rows, columns: columns, elements: [Scalar](repeating: 0, count: rows * columns))
    }

    /// A matrix over given elements, row by row.
    public init(rows: Int, columns: Int, elements: [Scalar]) {
        precondition(elements.count == rows * columns, "\(elements.count) elements for \(rows) x \(columns)")
        self.rows = rows
        self.columns = columns
        self.elements = elements
    }

    /// The element at a row and a column.
    public subscript(row: Int, column: Int) -> Scalar {
        get { elements[row * columns + column] }
        set { elements[row * columns + column] = newValue }
    }

    /// One row, as a slice of ``elements``.
    public func row(_ index: Int) -> ArraySlice<Scalar> { elements[index * columns..<(index + 1) * columns] }

    /// The rows at `indices`, in that order.
    public func gathering(_ indices: some Collection<Int>) -> Matrix {
        var out: [Scalar] = []
        out.reserveCapacity(indices.count * columns)
        for index in indices { out += row(index) }
        return Matrix(rows: indices.count, columns: columns, elements: out)
    }

    /// The transposed matrix.
    public var transposed: Matrix {
        var out = Matrix(rows: columns, columns: rows)
        for row in 0..<rows { for column in 0..<columns { out[column, row] = self[row, column] } }
        return out
    }
}

extension Matrix where Scalar == Float {
    /// The same matrix in double precision, for statistics.
    public var double: Matrix<Double> {
        Matrix<Double>(rows: rows, columns: columns, elements: elements.map(Double.init))
    }
}
