package dev.flotilla.benchmarks.report;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A picture of comparisons, in SVG: for each a panel with a bar for each subject, the best first,
 * engines in colour and baselines in grey. A bar's length is what its number says, from zero; each
 * panel has a scale of its own, so that lengths compare within a panel only.
 *
 * <p>Written here and not by a chart library: those for Java measure text with AWT, which fails
 * where no fonts are installed, as on most servers that are worth measuring. Follows the light or
 * dark look of whatever shows it.
 */
final class BarChart {

  private static final int WIDTH = 860;
  private static final int MARGIN = 24;
  private static final int TITLE_HEIGHT = 56;
  private static final int PANEL_TITLE_HEIGHT = 30;
  private static final int BAR_HEIGHT = 18;
  private static final int BAR_STEP = 24;
  private static final int PANEL_GAP = 22;
  private static final int LABEL_WIDTH = 92;
  private static final int VALUE_WIDTH = 150;
  private static final int LONGEST_BAR = WIDTH - 2 * MARGIN - LABEL_WIDTH - VALUE_WIDTH;
  private static final int SHORTEST_BAR = 2;

  private static final String STYLE =
      """
      <style>
        svg { --ground: #ffffff; --ink: #1f2933; --faint: #6b7785; --other: #c3ccd6; --axis: #d8dee5 }
        @media (prefers-color-scheme: dark) {
          svg { --ground: #14181d; --ink: #e6eaef; --faint: #98a4b1; --other: #46515d; --axis: #333c46 }
        }
        text { font-family: ui-sans-serif, system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: var(--ink) }
        .title { font-size: 19px; font-weight: 600 }
        .what { font-size: 13px; font-weight: 600 }
        .who { font-size: 12.5px; text-anchor: end }
        .value { font-size: 12.5px; font-variant-numeric: tabular-nums }
        .faint { fill: var(--faint) }
        .ground { fill: var(--ground) }
        .other { fill: var(--other) }
        .axis { stroke: var(--axis); stroke-width: 1 }
        .engine-0 { fill: #1b7f79 } .engine-1 { fill: #d97b29 } .engine-2 { fill: #6756b8 } .engine-3 { fill: #b8436d }
      </style>
      """;

  private static final int ENGINE_COLOURS = 4;

  private final StringBuilder svg = new StringBuilder();
  private final List<String> engines;

  /** For subjects of which these are engines, the others baselines. */
  BarChart(List<String> engines) {
    this.engines = List.copyOf(engines);
  }

  /** Draws comparisons below a title. */
  String draw(String title, List<Comparison> comparisons) {
    int height = TITLE_HEIGHT + MARGIN;
    for (Comparison comparison : comparisons) {
      height += panelHeight(comparison);
    }
    svg.setLength(0);
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\""
                + " aria-label=\"%s\">%n",
            WIDTH,
            height,
            escaped(title)));
    svg.append(STYLE);
    svg.append(
        String.format(
            Locale.ROOT, "<rect class=\"ground\" width=\"%d\" height=\"%d\"/>%n", WIDTH, height));
    text("title", MARGIN, MARGIN + 16, title);
    int top = TITLE_HEIGHT + 8;
    for (Comparison comparison : comparisons) {
      panel(comparison, top);
      top += panelHeight(comparison);
    }
    return svg.append("</svg>\n").toString();
  }

  private static int panelHeight(Comparison comparison) {
    return PANEL_TITLE_HEIGHT + comparison.figures().size() * BAR_STEP + PANEL_GAP;
  }

  private void panel(Comparison comparison, int top) {
    boolean rate = comparison.first().isRate();
    String better = rate ? "longer is better" : "shorter is better";
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"what\" x=\"%d\" y=\"%d\">%s <tspan class=\"faint\" font-weight=\"400\">· %s"
                + "</tspan></text>%n",
            MARGIN,
            top + 12,
            escaped(comparison.title()),
            better));
    Comparator<Figure> ascending = Comparator.comparingDouble(BarChart::length);
    List<Figure> bestFirst =
        comparison.figures().stream().sorted(rate ? ascending.reversed() : ascending).toList();
    double longest = bestFirst.stream().mapToDouble(BarChart::length).max().orElse(1);
    int left = MARGIN + LABEL_WIDTH;
    int bars = top + PANEL_TITLE_HEIGHT - 6;
    for (int i = 0; i < bestFirst.size(); i++) {
      bar(bestFirst.get(i), longest, left, bars + i * BAR_STEP);
    }
    int end = bars + bestFirst.size() * BAR_STEP;
    svg.append(
        String.format(
            Locale.ROOT,
            "<line class=\"axis\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>%n",
            left,
            bars - 3,
            left,
            end - 3));
  }

  private void bar(Figure figure, double longest, int left, int top) {
    double width = Math.max(SHORTEST_BAR, length(figure) / longest * LONGEST_BAR);
    int baseline = top + BAR_HEIGHT - 5;
    text("who", left - 8, baseline, figure.subject());
    svg.append(
        String.format(
            Locale.ROOT,
            "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>%n",
            colour(figure.subject()),
            left,
            top,
            width,
            BAR_HEIGHT));
    text("value", left + (int) width + 8, baseline, value(figure));
  }

  /** What a bar shows: the score, or what was counted. */
  private static double length(Figure figure) {
    return figure.diskBytesPerByte().orElse(figure.score());
  }

  private static String value(Figure figure) {
    if (figure.diskBytesPerByte().isPresent()) {
      return Quantity.digits(figure.diskBytesPerByte().getAsDouble());
    }
    return figure.percentiles().containsKey("50.0")
        ? Quantity.of(figure) + ", p50 " + Quantity.of(figure.p50(), figure.unit())
        : Quantity.of(figure);
  }

  private String colour(String subject) {
    int engine = engines.indexOf(subject);
    return engine < 0 ? "other" : "engine-" + engine % ENGINE_COLOURS;
  }

  private void text(String style, int x, int y, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>%n",
            style,
            x,
            y,
            escaped(text)));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
