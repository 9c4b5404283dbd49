package dev.flotilla.benchmarks.report;

import java.util.ArrayList;
import java.util.List;

/** A table in Markdown whose columns are as wide as they must be, to be read as it is. */
final class Table {

  private final List<List<String>> rows = new ArrayList<>();

  Table(String... heads) {
    rows.add(List.of(heads));
  }

  void row(String... cells) {
    row(List.of(cells));
  }

  void row(List<String> cells) {
    if (cells.size() != rows.getFirst().size()) {
      throw new IllegalArgumentException(cells + " below " + rows.getFirst());
    }
    rows.add(List.copyOf(cells));
  }

  /** Whether it has a head only. */
  boolean isEmpty() {
    return rows.size() == 1;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int row = 0; row < rows.size(); row++) {
      text.append('|');
      for (int column = 0; column < rows.get(row).size(); column++) {
        String cell = rows.get(row).get(column);
        text.append(' ').append(cell).repeat(' ', width(column) - cell.length()).append(" |");
      }
      text.append('\n');
      if (row == 0) {
        text.append('|');
        for (int column = 0; column < rows.getFirst().size(); column++) {
          text.repeat('-', width(column) + 2).append('|');
        }
        text.append('\n');
      }
    }
    return text.toString();
  }

  private int width(int column) {
    return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
  }
}
